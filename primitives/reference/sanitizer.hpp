// What is different for adapters when ThreadSanitizer watches: it intercepts the calls of POSIX one by one, and not all
// of them as the standard means them.
#pragma once

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) && !defined(__SANITIZE_THREAD__)
#define __SANITIZE_THREAD__ 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace syncbench {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool kThreadSanitizerWatches = true;
/// The caller has acquired what was released at `address`, in a call that is not intercepted.
inline void tsan_acquired(void* address) noexcept {
  __tsan_acquire(address);
}
#else
inline constexpr bool kThreadSanitizerWatches = false;
inline void tsan_acquired(void*) noexcept {}
#endif

}  // namespace syncbench
