#include "primitives/platform/signal_storm.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace syncbench {
namespace {

// Without SA_RESTART: an interrupted system call returns instead of going on.
void install_handler() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigaction(SignalStorm::signal_number(), &action, nullptr);
}

pid_t this_thread() {
  return static_cast<pid_t>(::syscall(SYS_gettid));
}

}  // namespace

int SignalStorm::signal_number() {
  return SIGRTMIN + 5;  // the first ones are popular with debuggers and runtimes
}

SignalStorm::SignalStorm(std::chrono::nanoseconds mean, std::uint64_t seed)
    : mean_(static_cast<std::uint64_t>(std::max(mean.count(), std::chrono::nanoseconds::rep{1}))), random_(seed, 0) {
  install_handler();
  thread_ = std::thread([this] { run(); });
}

SignalStorm::~SignalStorm() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SignalStorm::add() {
  const std::lock_guard lock(mutex_);
  targets_.push_back(this_thread());
}

void SignalStorm::remove() {
  const std::lock_guard lock(mutex_);
  const auto mine = std::find(targets_.begin(), targets_.end(), this_thread());
  if (mine != targets_.end()) targets_.erase(mine);
}

void SignalStorm::burst(unsigned signals) {
  {
    const std::lock_guard lock(mutex_);
    left_ += signals;
  }
  changed_.notify_all();
}

void SignalStorm::await_quiet() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return left_ == 0; });
}

unsigned SignalStorm::sent() const {
  const std::lock_guard lock(mutex_);
  return sent_;
}

void SignalStorm::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || left_ != 0; });
    const std::chrono::nanoseconds gap(random_.next() % (2 * mean_));
    if (changed_.wait_for(lock, gap, [this] { return ending_; })) return;
    strike();
    if (--left_ == 0) changed_.notify_all();
  }
}

// Under the mutex, so a target is there: it takes itself back before it ends, and needs the mutex for that.
void SignalStorm::strike() {
  const std::uint64_t drawn = random_.next();
  if (targets_.empty()) return;
  const pid_t target = targets_[drawn % targets_.size()];
  if (::syscall(SYS_tgkill, ::getpid(), target, signal_number()) == 0) ++sent_;
}

}  // namespace syncbench
