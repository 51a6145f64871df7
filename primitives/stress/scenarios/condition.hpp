// Scenarios for conditions, over the mutex that the catalog pairs them with.
#pragma once

#include <mutex>

#include "primitives/stress/scenarios/scenario.hpp"

namespace syncbench::stress {

template <class S>
struct OnCondition {
  typename S::Mutex mutex;
  typename S::Condition condition;
};

/// C2, C3, C4, C6, C13: tokens are made one by one, each with a notification, inside the lock or outside of it.
template <class S>
struct Tokens : OnCondition<S> {
  static constexpr std::string_view kName = "tokens";
  static constexpr std::string_view kRules = "C2 C3 C4 C6 C13";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit Tokens(Shape its) : shape(its) { this->condition.notify_one(); }
  void body(unsigned thread) {
    for (unsigned round = 0; round < shape.rounds; ++round) thread == 0 ? make() : take(thread);
  }
  void make() {
    for (unsigned i = 1; i < shape.threads; ++i) {
      {
        const std::lock_guard lock(this->mutex);
        tokens.write(tokens.read() + 1);
        if (i % 2 == 1) this->condition.notify_one();
      }
      if (i % 2 == 0) this->condition.notify_one();
    }
  }
  void take(unsigned thread) {
    const std::lock_guard lock(this->mutex);
    while (tokens.read() == 0) this->condition.wait(this->mutex);
    tokens.write(tokens.read() - 1);
    inside.visit(thread);
  }
  void check() {
    expect(tokens.read() == 0, "C2: a token is left");
    expect(this->mutex.try_lock(), "C3: the mutex is not free at the end");
    this->mutex.unlock();
  }
  Shape shape;
  Plain<unsigned> tokens{0};
  Witness inside;
};

/// C5, C10, C11: everybody who waits is woken; whoever was woken last destroys the condition.
template <class S>
struct NotifyAll {
  static constexpr std::string_view kName = "notify-all";
  static constexpr std::string_view kRules = "C5 C10";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit NotifyAll(Shape shape) : left(shape.threads - 1) { condition.emplace(); }
  void body(unsigned thread) {
    if (thread == 0) {
      const std::lock_guard lock(mutex);
      open.write(true);
      return condition->notify_all();
    }
    std::unique_lock lock(mutex);
    condition->wait(mutex, [&] { return open.read(); });
    expect(open.read(), "C10: returns while the predicate is false");
    left.write(left.read() - 1);
    if (left.read() == 0 && S::kTraits.destroy_after_use) condition.reset();
  }
  void check() { expect(left.read() == 0, "C5: not everybody was woken"); }
  Plain<bool> open{false};
  Plain<unsigned> left;
  typename S::Mutex mutex;
  std::optional<typename S::Condition> condition;
};

/// C4: notify(n) wakes n of those who wait, if there are so many.
template <class S>
struct NotifySome : OnCondition<S> {
  static constexpr std::string_view kName = "notify-some";
  static constexpr std::string_view kRules = "C4";
  static constexpr Range kThreads{3, kAnyNumber};
  explicit NotifySome(Shape its) : shape(its) {}
  void body(unsigned thread) {
    const unsigned others = shape.threads - 1;
    if (thread == 0) {
      give(others - 1, others - 1);
      return give(1, 1);
    }
    const std::lock_guard lock(this->mutex);
    while (tokens.read() == 0) this->condition.wait(this->mutex);
    tokens.write(tokens.read() - 1);
  }
  void give(unsigned count, unsigned notified) {
    {
      const std::lock_guard lock(this->mutex);
      tokens.write(tokens.read() + count);
    }
    this->condition.notify(notified);
  }
  void check() { expect(tokens.read() == 0, "C2: a token is left"); }
  Shape shape;
  Plain<unsigned> tokens{0};
};

/// C8, C9, X6: some wait with a deadline, one without; each token comes with one notification, and none is lost with a
/// waiter that gives up.
template <class S>
struct TimedTokens : OnCondition<S> {
  static constexpr std::string_view kName = "timed-tokens";
  static constexpr std::string_view kRules = "C8 C9 X6";
  static constexpr Range kThreads{3, kAnyNumber};
  explicit TimedTokens(Shape its) : shape(its) {}
  void body(unsigned thread) {
    if (thread == 0) {
      world->race(Side::second);
      const std::lock_guard lock(this->mutex);
      tokens.write(tokens.read() + 1);
      return this->condition.notify_one();
    }
    std::unique_lock lock(this->mutex);
    if (thread == 2) {
      while (tokens.read() == 0) this->condition.wait(this->mutex);
      tokens.write(tokens.read() - 1);
    } else if (wait_in_time(thread)) {
      tokens.write(tokens.read() - 1);
      give_back();
    }
    inside.visit(thread);
  }
  bool wait_in_time(unsigned thread) {
    const auto timeout = world->brief();
    const auto begin = world->now();
    world->race(Side::first);
    const bool got = this->condition.wait_for(this->mutex, timeout, [&] { return tokens.read() > 0; });
    expect(got == (tokens.read() > 0), "C9: does not return what the predicate says");
    expect(got || world->now() - begin >= timeout, "X6: gave up before its time");
    if (thread == 1) world->won(got ? Side::second : Side::first);
    world->outcome(got ? "notified in time" : "timed out");
    return got;
  }
  // There is always one for the thread without a deadline.
  void give_back() {
    tokens.write(tokens.read() + 1);
    this->condition.notify_one();
  }
  void check() { expect(tokens.read() == 0, "C9: a token is left, or was taken twice"); }
  Shape shape;
  Plain<unsigned> tokens{0};
  Witness inside;
};

/// C8: a notification goes to one of two, one of whom is about to give up. If that one says that its time was up, the
/// other has been woken.
template <class S>
struct TimeoutOrNotified : OnCondition<S> {
  static constexpr std::string_view kName = "timeout-or-notified";
  static constexpr std::string_view kRules = "C8";
  static constexpr Range kThreads{3, 3};
  explicit TimeoutOrNotified(Shape) {}
  void body(unsigned thread) {
    if (thread == 0) {
      world->race(Side::second);
      this->mutex.lock();
      given.write(true);
      this->condition.notify_one();
      return this->mutex.unlock();
    }
    std::unique_lock lock(this->mutex);
    if (thread == 2) {
      while (!given.read()) this->condition.wait(this->mutex);
      return;
    }
    world->race(Side::first);
    const bool timed_out =
        !given.read() && this->condition.wait_for(this->mutex, world->brief()) == std::cv_status::timeout;
    world->won(timed_out ? Side::first : Side::second);
    world->outcome(timed_out ? "timed out" : "notified");
    if (!timed_out && given.read()) this->condition.notify_one();  // it was for the other
  }
  void check() { expect(given.read(), "C8: nothing was given"); }
  Plain<bool> given{false};
};

/// C7: a notification belongs to those who waited when it was made; who comes later takes none of them.
template <class S>
struct LateComers : OnCondition<S> {
  static constexpr std::string_view kName = "late-comers";
  static constexpr std::string_view kRules = "C7";
  static constexpr Range kThreads{3, 3};
  explicit LateComers(Shape) {}
  void body(unsigned thread) {
    if (thread == 1) {
      std::unique_lock lock(this->mutex);
      while (!given.read()) this->condition.wait(this->mutex);
      return woken.raise();
    }
    if (thread == 2) {
      notified.await(1);
      std::unique_lock lock(this->mutex);
      while (!end.read()) this->condition.wait(this->mutex);
      return;
    }
    const bool sure = world->await_waiting(1);
    {
      const std::lock_guard lock(this->mutex);
      given.write(true);
      this->condition.notify_one();
    }
    notified.raise();
    if (sure) woken.await(1);  // for ever, if the late comer was woken in its place
    const std::lock_guard lock(this->mutex);
    end.write(true);
    this->condition.notify_all();
  }
  void check() { expect(woken.count() == 1, "C7: nobody was woken"); }
  Plain<bool> given{false}, end{false};
  Signal notified, woken;
};

/// What may be wrong with a bounded buffer; the healthy one has none of it.
enum class BufferFault { none, asks_once, one_condition_for_all, lets_go_before_it_waits };

/// W2, C10: a bounded buffer with two conditions; what goes in comes out once.
template <class S, BufferFault kFault = BufferFault::none>
struct BufferOf {
  static constexpr std::string_view kName = "buffer";
  static constexpr std::string_view kRules = "W2 C10";
  static constexpr Range kThreads{2, kAnyNumber};
  static constexpr bool kHasCapacity = true;
  explicit BufferOf(Shape its) : shape(its) {}
  unsigned producers() const { return shape.threads / 2; }
  unsigned consumers() const { return shape.threads - producers(); }
  void body(unsigned thread) {
    // As many go in as come out: each side's share of one common number.
    if (thread < producers()) {
      for (unsigned i = 0; i < shape.rounds * consumers(); ++i) put();
    } else {
      for (unsigned i = 0; i < shape.rounds * producers(); ++i) take();
    }
  }
  void put() {
    std::unique_lock lock(mutex);
    await(room(), [&] { return size.read() < shape.capacity; });
    expect(size.read() < shape.capacity, "W2: puts into a full buffer");
    size.write(size.read() + 1);
    put_in.write(put_in.read() + 1);
    not_empty.notify_one();
  }
  void take() {
    std::unique_lock lock(mutex);
    await(not_empty, [&] { return size.read() > 0; });
    expect(size.read() > 0, "W2: takes out of an empty buffer");
    size.write(size.read() - 1);
    lock.unlock();
    room().notify_one();
  }
  // Holding the mutex.
  void await(typename S::Condition& condition, auto ready) {
    if constexpr (kFault == BufferFault::asks_once) {
      if (!ready()) condition.wait(mutex);
    } else if constexpr (kFault == BufferFault::lets_go_before_it_waits) {
      while (!ready()) {
        mutex.unlock();
        world->linger();
        mutex.lock();
        condition.wait(mutex);
      }
    } else {
      condition.wait(mutex, ready);
      expect(ready(), "C10: returns while the predicate is false");
    }
  }
  typename S::Condition& room() { return kFault == BufferFault::one_condition_for_all ? not_empty : not_full; }
  void check() {
    expect(size.read() == 0, "W2: something is left in the buffer");
    expect(put_in.read() == shape.rounds * producers() * consumers(), "W2: something was lost");
  }
  Shape shape;
  typename S::Mutex mutex;
  typename S::Condition not_full, not_empty;
  Plain<unsigned> size{0}, put_in{0};
};
template <class S>
using Buffer = BufferOf<S>;

/// R6: over a recursive mutex all levels are given up, and as many taken again.
template <class S>
struct AllLevels : OnCondition<S> {
  static constexpr std::string_view kName = "all-levels";
  static constexpr std::string_view kRules = "R6";
  static constexpr Range kThreads{2, kAnyNumber};
  explicit AllLevels(Shape) {}
  void body(unsigned thread) {
    this->mutex.lock();
    this->mutex.lock();
    if (thread == 0) {
      open.write(true);
      this->condition.notify_all();
    } else {
      while (!open.read()) this->condition.wait(this->mutex);
    }
    expect(this->mutex.depth() == 2, "R6: not all levels come back");
    inside.visit(thread);
    this->mutex.unlock();
    this->mutex.unlock();
  }
  void check() { expect(!this->mutex.owned(), "R6: owned at the end"); }
  Plain<bool> open{false};
  Witness inside;
};

}  // namespace syncbench::stress
