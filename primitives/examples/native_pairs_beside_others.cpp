// The same functions in a file in which the same primitives exist on the disturbing and on the scheduled platform too.
#include "primitives/examples/native_pairs.cpp"  // NOLINT: the same source, in other company
#include "primitives/platform/faulty.hpp"
#include "primitives/schedule/scheduled_platform.hpp"

extern "C" {
[[gnu::noinline]] void faulty_tristate(TristateMutex<FaultyPlatform, SpinThenPark>& mutex) {
  mutex.lock();
  mutex.unlock();
}
[[gnu::noinline]] void scheduled_tristate(TristateMutex<schedule::ScheduledPlatform, SpinThenPark>& mutex) {
  mutex.lock();
  mutex.unlock();
}
}
