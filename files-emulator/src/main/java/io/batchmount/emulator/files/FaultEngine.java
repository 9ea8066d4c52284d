package io.batchmount.emulator.files;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Decides for each request what goes wrong with it. Thread-safe. */
final class FaultEngine {
  /** What happens to one request. */
  record Plan(
      long latencyMillis,
      long answerLatencyMillis,
      Optional<FaultRule.Injected> error,
      FaultRule.Reset reset,
      long resetAfterBytes,
      long bytesPerSecond) {
    static final Plan NOTHING = new Plan(0, 0, Optional.empty(), FaultRule.Reset.NONE, -1, 0);

    /** For the log. */
    String describe() {
      List<String> words = new ArrayList<>();
      if (latencyMillis + answerLatencyMillis > 0) {
        words.add("latency");
      }
      error.ifPresent(e -> words.add(e.code().isEmpty() ? Integer.toString(e.status()) : e.code()));
      if (reset != FaultRule.Reset.NONE) {
        words.add("reset-" + reset);
      }
      if (bytesPerSecond > 0) {
        words.add("slow");
      }
      return String.join(",", words);
    }
  }

  private FaultScript script = FaultScript.NONE; // all fields guarded by this
  private Random random = new Random(0);
  private int[] matched = {};
  private int[] fired = {};

  synchronized void script(FaultScript value) {
    script = value;
    random = new Random(value.seed());
    matched = new int[value.rules().size()];
    fired = new int[value.rules().size()];
  }

  synchronized FaultScript script() {
    return script;
  }

  /**
   * What happens to the next request of this kind.
   *
   * @param uploads whether to ask the rules that reset uploads only (when a head has come), or all
   *     others
   */
  synchronized Plan next(String operation, String path, boolean uploads) {
    Plan plan = Plan.NOTHING;
    for (int i = 0; i < fired.length; i++) {
      FaultRule rule = script.rules().get(i);
      if ((rule.reset() == FaultRule.Reset.UPLOAD) != uploads || !rule.matches(operation, path)) {
        continue;
      }
      boolean due = matched[i]++ >= rule.skip() && (rule.count() == 0 || fired[i] < rule.count());
      if (!due || (rule.probability() < 1 && random.nextDouble() >= rule.probability())) {
        continue;
      }
      fired[i]++;
      plan = with(plan, rule);
    }
    return plan;
  }

  private static Plan with(Plan plan, FaultRule rule) {
    boolean free = plan.error.isEmpty() && plan.reset == FaultRule.Reset.NONE;
    long rate = rule.bytesPerSecond();
    return new Plan(
        plan.latencyMillis + rule.latencyMillis(),
        plan.answerLatencyMillis + rule.answerLatencyMillis(),
        free ? rule.injected() : plan.error,
        free ? rule.reset() : plan.reset,
        free ? rule.resetAfterBytes() : plan.resetAfterBytes,
        plan.bytesPerSecond == 0 || rate == 0
            ? Math.max(plan.bytesPerSecond, rate)
            : Math.min(plan.bytesPerSecond, rate));
  }
}
