package io.batchmount.launcher.outputs;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The grammar of one component (2.4 of the OutputFiles rules). */
class PatternComponentTest {
  @ParameterizedTest(name = "{0} on {1}: {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        // zero or more characters
        "*|a.txt|true",
        "*.txt|a.txt|true",
        "*.txt|a.txt.gz|false",
        "a*b*c|abc|true",
        "a*b*c|aXXbYYc|true",
        "a*b*c|aXXbYY|false",
        "*a*a*a*b|aaaaaaaaaaaaaaaaaaaaaaaaaaaa|false",
        // exactly one
        "?.txt|a.txt|true",
        "?.txt|.txt|false",
        "?.txt|ab.txt|false",
        "?|\uD83D\uDE00|true",
        "??|\uD83D\uDE00|false",
        // sets and ranges
        "[abc].t|b.t|true",
        "[abc].t|d.t|false",
        "[a-c].t|b.t|true",
        "[a-c].t|B.t|false",
        "[a-cx-z0-9]|y|true",
        "[a-cx-z0-9]|m|false",
        "[a-]|-|true",
        "[-a]|-|true",
        "[a-]|b|false",
        "[c-a]|b|false",
        "[!abc].t|d.t|true",
        "[!abc].t|a.t|false",
        "[!a-c]|d|true",
        "[ä-ü]|ö|true",
        // brackets are the only way to escape
        "[*]|*|true",
        "[*]|a|false",
        "[?]|?|true",
        "[[]|[|true",
        "a[[]b|a[b|true",
        "[]]|]|true",
        "[]a]|a|true",
        "[!]]|]|false",
        "[!]]|a|true",
        "[|[|true",
        "[abc|[abc|true",
        "[!]|[!]|true",
        "[]|[]|true",
        "a[|a[|true",
        "a[*|a[zz|true",
        // no escape by back-slash, no braces
        "\\*|\\abc|true",
        "\\*|*|false",
        "{a,b}|a|false",
        "{a,b}|{a,b}|true",
        "{a*}|{axx}|true",
        // ** inside a longer component is a star
        "a**b|aXb|true",
        "**.txt|x.txt|true",
        // a name with a dot needs a written dot
        "*.gif|.a.gif|false",
        ".*.gif|.a.gif|true",
        "?a|.a|false",
        "[.]a|.a|false",
        "[!x]a|.a|false",
        ".a|.a|true",
        ".exitcode|.exitcode|true",
        // letter case counts
        "*.TXT|a.txt|false",
      })
  void component(String pattern, String name, boolean expected) {
    assertThat(PatternComponent.parse(pattern).matches(name)).isEqualTo(expected);
  }

  @Provide
  Arbitrary<String> patterns() {
    return Arbitraries.strings().withChars("ab*?[]!-.").ofMinLength(1).ofMaxLength(8);
  }

  @Provide
  Arbitrary<String> names() {
    return Arbitraries.strings().withChars("ab-]![.").ofMinLength(1).ofMaxLength(8);
  }

  /** A slow, obvious matcher agrees. */
  @Property(tries = 5000)
  void agreesWithTheObviousMatcher(
      @ForAll("patterns") String pattern, @ForAll("names") String name) {
    boolean hidden =
        name.startsWith(".") && PatternComponent.hasWildcard(pattern) && !pattern.startsWith(".");
    boolean expected = !hidden && name.matches(regexOf(pattern));

    assertThat(PatternComponent.parse(pattern).matches(name)).isEqualTo(expected);
  }

  private static String regexOf(String pattern) {
    StringBuilder regex = new StringBuilder("(?s)");
    int at = 0;
    while (at < pattern.length()) {
      char c = pattern.charAt(at);
      int first = at + 1 < pattern.length() && pattern.charAt(at + 1) == '!' ? at + 2 : at + 1;
      int close = c == '[' ? pattern.indexOf(']', first + 1) : -1;
      if (c == '*') {
        regex.append(".*");
      } else if (c == '?') {
        regex.append('.');
      } else if (close >= 0) {
        regex.append(setOf(pattern.substring(first, close), first == at + 2));
        at = close;
      } else {
        regex.append(java.util.regex.Pattern.quote(String.valueOf(c)));
      }
      at++;
    }
    return regex.toString();
  }

  private static String setOf(String members, boolean negated) {
    StringBuilder alternatives = new StringBuilder();
    int at = 0;
    while (at < members.length()) {
      int low = members.charAt(at);
      int high = low;
      if (at + 2 < members.length() && members.charAt(at + 1) == '-') {
        high = members.charAt(at + 2);
        at += 2;
      }
      for (int c = low; c <= high; c++) {
        alternatives.append(String.format("\\x%02x", c));
      }
      at++;
    }
    if (alternatives.length() == 0) {
      return negated ? "." : "(?!)";
    }
    return (negated ? "[^" : "[") + alternatives + "]";
  }
}
