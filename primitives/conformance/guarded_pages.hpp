// Memory that notices a use after its end. Each object gets pages of its own; when it is deleted they become
// inaccessible and stay so for a while, so that a primitive that is touched after its last user destroyed it ends the
// process at once and in every build. (The sanitizers do the same better and need the plain allocator for it.)
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <mutex>
#include <new>

#include "primitives/conformance/threads.hpp"

namespace syncbench::conformance {

/// Inherit from it; what derives is allocated so. For `new` of single objects, aligned to no more than a page.
class OnGuardedPages {
 public:
  static void* operator new(std::size_t size) {
    if constexpr (kSlowness > 1) return ::operator new(size, kAlignment);
    void* const pages = ::mmap(nullptr, rounded(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    return pages;
  }
  static void operator delete(void* object, std::size_t size) {
    if constexpr (kSlowness > 1) return ::operator delete(object, kAlignment);
    ::mprotect(object, rounded(size), PROT_NONE);
    ::madvise(object, rounded(size), MADV_DONTNEED);
    const Pages oldest = quarantine().exchange({object, rounded(size)});
    if (oldest.address != nullptr) ::munmap(oldest.address, oldest.size);
  }

 private:
  static constexpr std::align_val_t kAlignment{256};

  struct Pages {
    void* address = nullptr;
    std::size_t size = 0;
  };

  // The pages of the last so many deleted objects: nothing else may be put there yet.
  class Quarantine {
   public:
    Pages exchange(Pages newest) {
      const std::lock_guard guard(mutex_);
      std::swap(places_[next_], newest);
      next_ = (next_ + 1) % places_.size();
      return newest;
    }

   private:
    std::mutex mutex_;
    std::array<Pages, 1024> places_{};
    std::size_t next_ = 0;
  };
  static Quarantine& quarantine() {
    static auto* const one = new Quarantine;  // never destroyed: objects may outlive it otherwise
    return *one;
  }

  static std::size_t rounded(std::size_t size) {
    static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return (size + page - 1) / page * page;
  }
};

}  // namespace syncbench::conformance
