// The same with a lock that is broken, to see what a finding looks like: the thread that is woken takes the lock as if
// it had been the only one asleep, so the next unlock wakes nobody.
#include "primitives/stress/stress.hpp"

template <class Platform>
class BrokenLock {
 public:
  void lock() {
    std::uint32_t expected = 0;
    if (word_.compare_exchange_strong(expected, 1, std::memory_order_acquire, std::memory_order_relaxed)) return;
    while (word_.exchange(2, std::memory_order_acquire) != 0) Platform::park(word_, 2, syncbench::Never{});
    word_.store(1, std::memory_order_relaxed);  // the fault: there may be others
  }
  void unlock() {
    if (word_.exchange(0, std::memory_order_release) == 2) Platform::unpark(&word_, 1);
  }

 private:
  typename Platform::Word word_{0};
};

int main(int count, char** words) {
  return syncbench::stress::stress_mutex<BrokenLock>(count, words);
}
