package io.batchmount.launcher.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonFaultTest {
  private static final String VALUES = "text in double quotes, a number, true, false, null, { or [";

  private static String found(String text) {
    return JsonFault.found(
        catchThrowableOfType(
            JsonProcessingException.class,
            () -> {
              try (JsonParser parser = new JsonFactory().createParser(text)) {
                while (parser.nextToken() != null) {
                  parser.getText();
                }
              }
            }));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{ | the text ends where } was expected for the object that begins at line 1, column 1",
        "{\"a\": [1 | the text ends where ] was expected for the array that begins at line 1, column 7",
        "{\"a | the text ends where a closing double quote was expected",
        "{\"a\": \"b | the text ends where a closing double quote was expected",
        "{\"a\": \"b\\ | the text ends where a closing double quote was expected",
        "{\"a\": | the text ends in the middle of an object",
        "{\"a\": 1 \"b\": 2} | found \" where a comma or } was expected",
        "[1 2] | found 2 where a comma or ] was expected",
        "{a: 1} | found a where a name in double quotes was expected",
        "{\"a\": 1,} | found } where a name in double quotes was expected",
        "{\"a\" 1} | found 1 where a colon was expected",
        "[1} | found } where ] was expected for the array that begins at line 1, column 1",
        "} | found } where nothing is open that it could close",
        "[// c | found / where a value was expected: JSON has no comments",
        "[012] | found a number that begins with 0",
        "[+1] | found + where the next digit of a number was expected",
        "[1.] | found ] where the next digit of a number was expected",
        "[\"\\x\"] | found \\x in a text: write \\\\ for a backslash",
        "[\"\\u12g4\"] | found g where one of four hexadecimal digits was expected"
      })
  void whatWasFoundAndWhatWasExpected(String text, String sentence) {
    assertThat(found(text)).isEqualTo(sentence);
  }

  @Test
  void valuesThatAreNone() {
    assertThat(found("[1,]")).isEqualTo("found ] where a value was expected: " + VALUES);
    assertThat(found("['b']")).isEqualTo("found ' where a value was expected: " + VALUES);
    assertThat(found("[\"a\nb\"]"))
        .isEqualTo(
            "found a line break or another control character where a closing double quote was"
                + " expected");
  }

  /** It may be a key whose quotes were forgotten. */
  @Test
  void wordWithoutQuotesIsNotRepeated() {
    assertThat(found("{\"accountKey\": s3cr3tKey}"))
        .isEqualTo("found a word without quotes where a value was expected: " + VALUES);
  }

  @Test
  void whatHasNoWordsOfOursHasNoneOfTheParsersSettings() {
    assertThat(found("[".repeat(5000)))
        .contains("nesting depth")
        .doesNotContain("Source", "`", "Constraints");
    assertThat(found("[\0]")).doesNotContain("Source").contains("Illegal character");
  }
}
