// A condition that reports what the source document calls an error: waiting or notifying without the lock.
// [Python threading.Condition]
#pragma once

#include <cstdint>
#include <mutex>
#include <system_error>
#include <utility>

#include "primitives/concepts.hpp"

namespace syncbench {

/// The lock as the document sees it: a recursive mutex is held if the calling thread holds it, a plain one if anybody
/// does, because any thread may release it. Locks that do not tell are taken to be held.
template <class Lock>
bool is_held(const Lock& lock) noexcept {
  if constexpr (requires { lock.owned(); }) {
    return lock.owned();
  } else if constexpr (requires { lock.locked(); }) {
    return lock.locked();
  } else {
    return true;
  }
}
template <class M>
bool is_held(const std::unique_lock<M>& lock) noexcept {
  return lock.owns_lock() && is_held(*lock.mutex());
}

/// C, with errors: std::system_error (operation_not_permitted), and nothing has changed. A wait names its lock. For a
/// notification the condition must know it: the document's condition is built from its lock, and so may this one be.
/// Built without, it cannot check notifications, which are legal without the lock everywhere else.
template <class C>
class CheckedCondition : public C {
 public:
  CheckedCondition() = default;
  /// `mutex` has to live as long.
  template <class M>
  explicit CheckedCondition(const M& mutex) noexcept
      : mutex_(&mutex), is_held_([](const void* m) noexcept { return is_held(*static_cast<const M*>(m)); }) {}

  template <class Lock, class... Rest>
  decltype(auto) wait(Lock& lock, Rest&&... rest) {
    require(is_held(lock));
    return C::wait(lock, std::forward<Rest>(rest)...);
  }
  template <class Lock, class... Rest>
  decltype(auto) wait_for(Lock& lock, Rest&&... rest) {
    require(is_held(lock));
    return C::wait_for(lock, std::forward<Rest>(rest)...);
  }
  template <class Lock, class... Rest>
  decltype(auto) wait_until(Lock& lock, Rest&&... rest) {
    require(is_held(lock));
    return C::wait_until(lock, std::forward<Rest>(rest)...);
  }

  void notify(std::uint32_t n) {
    require(is_held_(mutex_));
    C::notify(n);
  }
  void notify_one() {
    require(is_held_(mutex_));
    C::notify_one();
  }
  void notify_all() {
    require(is_held_(mutex_));
    C::notify_all();
  }

 private:
  static void require(bool held) {
    if (!held)
      throw std::system_error(std::make_error_code(std::errc::operation_not_permitted),
                              "a condition was used without its lock");
  }

  const void* mutex_ = nullptr;
  bool (*is_held_)(const void*) noexcept = [](const void*) noexcept { return true; };
};

}  // namespace syncbench
