// Concurrency Kit's headers, as C++ can read them. They are C: a void* becomes any pointer there by itself, where C++
// wants a cast. The macro adds the cast to the one function whose result they use so, and nothing else, so that what is
// measured is the library's own inline code. [concurrencykit.org]
#pragma once

#include <ck_pr.h>

#define ck_pr_fas_ptr(target, value) (static_cast<decltype(value)>(ck_pr_fas_ptr(target, value)))
extern "C" {
#include <ck_barrier.h>
#include <ck_spinlock.h>
}
#undef ck_pr_fas_ptr
