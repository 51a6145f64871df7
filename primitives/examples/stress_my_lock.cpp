// How to stress a lock of one's own: a template over the platform, and one line. Try
//   build/bin/stress_my_lock --time 10s
#include "primitives/stress/stress.hpp"

template <class Platform>
class MyLock {
 public:
  void lock() {
    const std::uint32_t mine = next_.fetch_add(1, std::memory_order_relaxed);
    while (serving_.load(std::memory_order_acquire) != mine) Platform::yield();
  }
  void unlock() { serving_.store(serving_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

 private:
  typename Platform::Word next_{0}, serving_{0};
};

int main(int count, char** words) {
  return syncbench::stress::stress_mutex<MyLock>(count, words);
}
