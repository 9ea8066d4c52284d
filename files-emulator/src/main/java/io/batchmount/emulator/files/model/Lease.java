package io.batchmount.emulator.files.model;

import java.util.Locale;
import java.util.Optional;

/**
 * The lease of a file or share, an immutable value. Leases of files never end by themselves; those
 * of shares may.
 *
 * @param state as last set; see {@link #at}
 * @param id the id of the last holder; empty when there never was one
 * @param seconds the duration, -1 for infinite
 * @param until when the lease (or, while breaking, the rest of it) ends, in ticks; {@link
 *     Long#MAX_VALUE} for never
 */
public record Lease(State state, String id, int seconds, long until) {
  /** The states a lease may be in. */
  public enum State {
    AVAILABLE,
    LEASED,
    EXPIRED,
    BREAKING,
    BROKEN;

    /** As headers and listings write it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Nobody holds it. */
  public static final Lease NONE = new Lease(State.AVAILABLE, "", -1, Long.MAX_VALUE);

  /** Held from now on. */
  public static Lease acquired(String id, int seconds, long now) {
    return new Lease(
        State.LEASED, id, seconds, seconds < 0 ? Long.MAX_VALUE : now + seconds * Ticks.SECOND);
  }

  /** Held under another id. */
  public Lease changed(String newId) {
    return new Lease(state, newId, seconds, until);
  }

  /** Broken once so many seconds have gone by. */
  public Lease broken(int period, long now) {
    return period <= 0
        ? new Lease(State.BROKEN, id, seconds, Long.MAX_VALUE)
        : new Lease(State.BREAKING, id, seconds, now + period * Ticks.SECOND);
  }

  /** What it has become by then. */
  public Lease at(long now) {
    if (now < until) {
      return this;
    }
    return switch (state) {
      case LEASED -> new Lease(State.EXPIRED, id, seconds, Long.MAX_VALUE);
      case BREAKING -> new Lease(State.BROKEN, id, seconds, Long.MAX_VALUE);
      default -> this;
    };
  }

  /** Whether writers need the id. */
  public boolean locked() {
    return state == State.LEASED || state == State.BREAKING;
  }

  /** {@code locked} or {@code unlocked}. */
  public String status() {
    return locked() ? "locked" : "unlocked";
  }

  /** {@code infinite} or {@code fixed}, while it is held. */
  public Optional<String> duration() {
    return state == State.LEASED
        ? Optional.of(seconds < 0 ? "infinite" : "fixed")
        : Optional.empty();
  }

  /** Whether this is the holder's id; ids are compared without regard to case. */
  public boolean heldBy(String other) {
    return id.equalsIgnoreCase(other);
  }
}
