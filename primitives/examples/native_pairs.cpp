// Pairs of operations on the native platform, one function each: what native_pairs_test.py disassembles. This file
// knows of no other platform.
#include "primitives/barrier/central_barrier.hpp"
#include "primitives/event/generation_event.hpp"
#include "primitives/mutex/ticket_lock.hpp"
#include "primitives/mutex/tristate_mutex.hpp"
#include "primitives/mutex/ttas_lock.hpp"
#include "primitives/platform/native.hpp"
#include "primitives/semaphore/count_semaphore.hpp"

using namespace syncbench;

extern "C" {
[[gnu::noinline]] void pair_tristate(TristateMutex<NativePlatform, SpinThenPark>& mutex) {
  mutex.lock();
  mutex.unlock();
}
[[gnu::noinline]] void pair_ticket(TicketLock<NativePlatform, Park>& mutex) {
  mutex.lock();
  mutex.unlock();
}
[[gnu::noinline]] void pair_ttas(TtasLock<NativePlatform, Pause>& mutex) {
  mutex.lock();
  mutex.unlock();
}
[[gnu::noinline]] void pair_semaphore(CountSemaphore<NativePlatform, Park>& semaphore) {
  semaphore.acquire();
  semaphore.release();
}
[[gnu::noinline]] void pair_event(GenerationEvent<NativePlatform, Park>& event) {
  event.set();
  event.wait();
}
[[gnu::noinline]] std::uint32_t pair_barrier(CentralBarrier<NativePlatform, Park>& barrier) {
  return barrier.arrive_and_wait();
}
}
