// From concrete types to the erased interfaces of subjects.hpp. Every function forwards and returns: after the call
// into the primitive nothing of the erased object is touched, so a rule that destroys the object as soon as the
// contract allows tests the primitive and not this wrapper.
#pragma once

#include <mutex>

#include "primitives/conformance/subjects.hpp"
#include "primitives/conformance/threads.hpp"

namespace syncbench::conformance {

/// Whatever checks this build understands the timed forms; g++ 12's ThreadSanitizer reports correct uses of some.
template <class T>
inline constexpr bool kTimedFormsCheckable = !kUnderThreadSanitizer || T::kTraits.tsan_knows_timed;

template <class M, class Base = AnyMutex>
class ErasedMutex : public Base {
 public:
  template <class... Arguments>
  explicit ErasedMutex(Arguments... arguments) : mutex_(arguments...) {}

  void lock() override { mutex_.lock(); }
  bool try_lock() override { return mutex_.try_lock(); }
  void unlock() override { mutex_.unlock(); }
  bool timed() const override { return kTimed; }
  bool try_lock_for(Nanoseconds timeout) override {
    return timed_attempt([&](auto& m) { return m.try_lock_for(timeout); });
  }
  bool try_lock_until(SteadyTime instant) override { return until(instant); }
  bool try_lock_until(SystemTime instant) override { return until(instant); }
  bool try_lock_until(HandSetClock::time_point instant) override { return until(instant); }

  std::optional<bool> locked() const override {
    if constexpr (requires { {mutex_.locked()}; }) return mutex_.locked();
    return std::nullopt;
  }

  M& get() { return mutex_; }

 protected:
  M mutex_;

 private:
  static constexpr bool kTimed = TimedMutex<M> && kTimedFormsCheckable<M>;
  bool until(auto instant) {
    return timed_attempt([&](auto& m) { return m.try_lock_until(instant); });
  }
  bool timed_attempt(auto attempt) {
    if constexpr (kTimed) {
      return attempt(mutex_);
    } else {
      throw Unsupported{};
    }
  }
};

template <class M>
class ErasedRecursiveMutex final : public ErasedMutex<M, AnyRecursiveMutex> {
 public:
  using ErasedMutex<M, AnyRecursiveMutex>::ErasedMutex;
  bool asks() const override { return RecursiveMutex<M>; }
  bool owned() const override {
    if constexpr (RecursiveMutex<M>) return this->mutex_.owned();
    throw Unsupported{};
  }
  std::uint32_t depth() const override {
    if constexpr (RecursiveMutex<M>) return this->mutex_.depth();
    throw Unsupported{};
  }
  std::uint32_t release_all() override {
    if constexpr (RecursiveMutex<M>) return this->mutex_.release_all();
    throw Unsupported{};
  }
  void reacquire(std::uint32_t levels) override {
    if constexpr (RecursiveMutex<M>) return this->mutex_.reacquire(levels);
    throw Unsupported{};
  }
};

template <class S>
class ErasedSemaphore final : public AnySemaphore {
 public:
  explicit ErasedSemaphore(std::ptrdiff_t start) : semaphore_(start) {}
  void acquire() override { semaphore_.acquire(); }
  bool try_acquire() override { return semaphore_.try_acquire(); }
  bool try_acquire_for(Nanoseconds timeout) override { return semaphore_.try_acquire_for(timeout); }
  bool try_acquire_until(SteadyTime instant) override { return semaphore_.try_acquire_until(instant); }
  bool try_acquire_until(SystemTime instant) override { return semaphore_.try_acquire_until(instant); }
  bool try_acquire_until(HandSetClock::time_point instant) override { return semaphore_.try_acquire_until(instant); }
  void release(std::ptrdiff_t n) override { semaphore_.release(n); }
  std::ptrdiff_t max() const override { return S::max(); }
  std::optional<std::ptrdiff_t> value() const override {
    if constexpr (CountingSemaphore<S>) return semaphore_.value();
    return std::nullopt;
  }

 private:
  S semaphore_;
};

template <class E>
class ErasedEvent final : public AnyEvent {
 public:
  void set() override { event_.set(); }
  bool is_set() const override { return event_.is_set(); }
  void wait() override { event_.wait(); }
  bool clears() const override { return kClears; }
  void clear() override {
    if constexpr (kClears) return event_.clear();
    throw Unsupported{};
  }
  bool resets_itself() const override {
    return requires {
      requires E::kResetsItself;
    };
  }
  bool timed() const override { return TimedEvent<E>; }
  bool wait_for(Nanoseconds timeout) override {
    if constexpr (TimedEvent<E>) return event_.wait_for(timeout);
    throw Unsupported{};
  }
  bool wait_until(SteadyTime instant) override { return until(instant); }
  bool wait_until(SystemTime instant) override { return until(instant); }
  bool wait_until(HandSetClock::time_point instant) override { return until(instant); }

 private:
  static constexpr bool kClears = requires(E e) { e.clear(); };
  bool until(auto instant) {
    if constexpr (TimedEvent<E>) return event_.wait_until(instant);
    throw Unsupported{};
  }
  E event_;
};

/// C over M; R is the same over a recursive mutex, or void.
template <class C, class M, class R = void, class AnyM = AnyMutex, class ErasedM = ErasedMutex<M>>
class ErasedCondition final : public AnyCondition {
 public:
  AnyMutex& mutex() override { return mutex_; }
  void wait() override { condition_->wait(mutex_.get()); }
  bool wait_for(Nanoseconds timeout) override { return notified(condition_->wait_for(mutex_.get(), timeout)); }
  bool wait_until(SteadyTime instant) override { return notified(condition_->wait_until(mutex_.get(), instant)); }
  bool wait_until(SystemTime instant) override { return notified(condition_->wait_until(mutex_.get(), instant)); }
  bool wait_until(HandSetClock::time_point instant) override {
    return notified(condition_->wait_until(mutex_.get(), instant));
  }
  bool wait_for(Nanoseconds timeout, const std::function<bool()>& predicate) override {
    return condition_->wait_for(mutex_.get(), timeout, predicate);
  }
  void wait(const std::function<bool()>& predicate) override { condition_->wait(mutex_.get(), predicate); }
  void notify(std::uint32_t n) override { condition_->notify(n); }
  void notify_one() override { condition_->notify_one(); }
  void notify_all() override { condition_->notify_all(); }
  void destroy_condition() override { condition_.reset(); }
  std::unique_ptr<AnyCondition> over_recursive_mutex() const override {
    if constexpr (!std::is_void_v<R>)
      return std::make_unique<ErasedCondition<C, R, void, AnyRecursiveMutex, ErasedRecursiveMutex<R>>>();
    return nullptr;
  }
  AnyRecursiveMutex& recursive_mutex() override {
    if constexpr (std::is_same_v<AnyM, AnyRecursiveMutex>) return mutex_;
    throw Unsupported{};
  }

 private:
  static bool notified(std::cv_status status) { return status == std::cv_status::no_timeout; }
  std::unique_ptr<C> make() {
    // A checked condition is told its mutex, without which it could not check notifications.
    if constexpr (std::constructible_from<C, const M&>) return std::make_unique<C>(mutex_.get());
    return std::make_unique<C>();
  }
  ErasedM mutex_;
  std::unique_ptr<C> condition_ = make();  // memory of its own, so that an early grave is noticed
};

template <class B>
class ErasedBarrier final : public AnyBarrier {
 public:
  ErasedBarrier(std::uint32_t parties, PhaseAction action) requires ActingBarrier<B>
      : barrier_(parties, std::move(action)) {}
  ErasedBarrier(std::uint32_t parties, const PhaseAction&) requires(!ActingBarrier<B>) : barrier_(parties) {}
  bool acts() const override { return ActingBarrier<B>; }
  std::uint32_t arrive_and_wait(std::uint32_t rank) override { return arrive_at(barrier_, rank); }
  bool splits() const override { return kSplits; }
  std::unique_ptr<Token> arrive() override {
    if constexpr (kSplits) return std::make_unique<ErasedToken<decltype(barrier_.arrive())>>(barrier_);
    throw Unsupported{};
  }
  bool drops() const override { return kDrops; }
  void arrive_and_drop() override {
    if constexpr (kDrops) return barrier_.arrive_and_drop();
    throw Unsupported{};
  }
  std::optional<std::uint32_t> waiting() const override {
    if constexpr (requires(const B& seen) { {seen.waiting()}; }) return barrier_.waiting();
    return std::nullopt;
  }

 private:
  static constexpr bool kSplits = requires(B b) { b.wait(b.arrive()); };
  static constexpr bool kDrops = requires(B b) { b.arrive_and_drop(); };

  template <class T>
  struct ErasedToken final : Token {
    explicit ErasedToken(B& owner) : barrier(owner), token(owner.arrive()) {}
    void wait() override { barrier.wait(std::move(token)); }
    B& barrier;
    T token;
  };
  B barrier_;
};

template <class B>
class ErasedBreakableBarrier final : public AnyBreakableBarrier {
 public:
  ErasedBreakableBarrier(std::uint32_t parties, PhaseAction action, std::optional<Nanoseconds> timeout)
      : barrier_(parties, std::move(action), timeout) {}
  std::uint32_t wait() override { return barrier_.wait(); }
  std::uint32_t wait_for(Nanoseconds timeout) override { return barrier_.wait_for(timeout); }
  std::uint32_t wait_until(SteadyTime instant) override { return barrier_.wait_until(instant); }
  void abort() override { barrier_.abort(); }
  void reset() override { barrier_.reset(); }
  std::uint32_t parties() const override { return barrier_.parties(); }
  std::uint32_t waiting() const override { return barrier_.waiting(); }
  bool broken() const override { return barrier_.broken(); }

 private:
  B barrier_;
};

}  // namespace syncbench::conformance
