// Fibers, store buffers, sleepers, and the loop that asks the strategy. Fibers are switched by Boost.Context, at its
// lowest level: those above unwind a fiber's stack when it is given up, and what is on it may be in the middle of
// anything. (ucontext's switch makes two system calls, which were more than half of the time.)
#include "primitives/schedule/scheduler.hpp"

#include <cxxabi.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <boost/context/detail/fcontext.hpp>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "primitives/platform/thread_number.hpp"
#include "primitives/stress/claims.hpp"

namespace syncbench::schedule {
namespace {

constexpr std::size_t kStack = 256 * 1024;
constexpr unsigned kIdleLooks = 16;        // looks in a row without a change: it waits, though it does not say so
constexpr unsigned kIdleRounds = 400;      // looks of every spinning thread without a change: it waits for ever
constexpr std::size_t kLongestRest = 60;   // steps
constexpr std::size_t kLatestBegin = 400;  // more steps than a scenario has
constexpr std::uint64_t kFirstNumber = std::uint64_t{1} << 40;  // of threads: apart from those that are drawn

Scheduler* running = nullptr;

// Stacks are made once and used by run after run.
class Stack {
 public:
  Stack() : memory_(::mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
  }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  ~Stack() { ::munmap(memory_, kStack); }
  void* memory() const { return memory_; }

 private:
  void* memory_;
};

// Thrown by violated() where there is no fiber to leave: in setup or check.
struct BrokenOutside {};

struct Buffered {
  Cell* cell;
  std::uint64_t bits;
  VectorClock released;
};

// What the C++ runtime keeps for each kernel thread about exceptions that are being handled: every fiber has its own.
struct Handling {
  void* caught = nullptr;
  unsigned uncaught = 0;
  void exchange() {
    auto* const current = reinterpret_cast<Handling*>(abi::__cxa_get_globals());
    std::swap(caught, current->caught);
    std::swap(uncaught, current->uncaught);
  }
};

bool acquires(std::memory_order order) {
  return order == std::memory_order_acquire || order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}
bool releases(std::memory_order order) {
  return order == std::memory_order_release || order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}

struct Fiber {
  enum class State { ready, pausing, asleep, ended };
  boost::context::detail::fcontext_t context = nullptr;
  State state = State::ready;
  Access access = Access::begin;  // the step that it stands before
  const void* address = nullptr;
  Where where = Where::current();
  // Asleep:
  std::uint32_t tag = 0;
  std::chrono::nanoseconds deadline = std::chrono::nanoseconds::max();
  std::size_t asleep_since = 0;  // the step at which it fell asleep
  unsigned looks = 0;            // since anything has changed
  bool waits_for_time = false;   // pausing, and has looked at the clock since
  bool rests = false;            // pausing, for something other than the primitive
  bool begun = false;
  std::size_t rests_since = 0;  // the step at which it began to
  bool waits = false;           // has paused for the primitive since anything changed
  bool sound = false;           // asleep, and not to be woken for no reason
  bool fails = false;           // its weak compare-exchange is to fail
  std::uint64_t number = 0;     // number_of_this_thread
  Handling handling;
  std::deque<Buffered> buffer;
  VectorClock clock;
  stress::Claims claims;
};

// Who has touched a piece of plain data, and when by their own clocks.
struct Touches {
  const void* data;
  unsigned writer = 0;
  std::uint32_t written = 0;  // 0: by nobody
  VectorClock reads;
  VectorClock released;  // of what is an order of its own
};

}  // namespace

struct Scheduler::Machine {
  explicit Machine(Limits its) : limits(its) {}

  Limits limits;
  boost::context::detail::fcontext_t home = nullptr;
  std::vector<std::unique_ptr<Stack>> stacks;
  std::vector<Fiber> fibers;
  const std::vector<std::function<void()>>* bodies = nullptr;
  std::unordered_set<const Cell*> cells;  // alive
  Outcome outcome;
  unsigned current = 0;
  bool in_fiber = false;
  bool over = false;
  std::size_t steps = 0;
  unsigned idle = 0;  // decisions since anything has changed
  std::chrono::nanoseconds time{1'000'000'000};
  std::vector<Touches> touches;
  Footprint footprint;  // of the step that runs

  void end(Outcome::Kind kind, std::string reason) {
    if (over) return;
    over = true;
    outcome.kind = kind;
    outcome.reason = std::move(reason);
  }
  void changed() {
    idle = 0;
    for (Fiber& fiber : fibers) fiber.looks = 0, fiber.waits = false;
    for (Fiber& fiber : fibers)
      if (fiber.state == Fiber::State::pausing) fiber.state = Fiber::State::ready;
  }
  // To the deadline of a sleeper. How long a thread that spins means to look is not known: longer than anybody waits.
  void let_time_pass(const Fiber& fiber) {
    const bool timed = fiber.deadline != std::chrono::nanoseconds::max();
    time = timed ? std::max(time, fiber.deadline) : time + std::chrono::hours(1);
  }
  void options(std::vector<Option>& all) const;
  bool wait_is_over();
  Fiber* first_asleep(const void* address, std::uint32_t tag);
  void flush(unsigned thread);
  void drain(unsigned thread) {
    while (!fibers[thread].buffer.empty()) flush(thread);
  }
  std::string who_waits() const;
  void switch_to(Fiber& fiber) {
    number_of_this_thread = fiber.number;
    in_fiber = true;
    fiber.begun = true;
    fiber.handling.exchange();
    fiber.context = boost::context::detail::jump_fcontext(fiber.context, this).fctx;
    fiber.handling.exchange();
    in_fiber = false;
    fiber.number = number_of_this_thread;
  }
  /// On a fiber: back to the loop, until this one is chosen again.
  void leave() { home = boost::context::detail::jump_fcontext(home, nullptr).fctx; }
  Touches& touches_of(const void* data) {
    for (Touches& one : touches)
      if (one.data == data) return one;
    return touches.emplace_back(Touches{data, 0, 0, {}, {}});
  }

  // Acquiring and releasing, for the thread whose turn it is.
  void acquire(const VectorClock& from) { fibers[current].clock.join(from); }
  VectorClock release() {
    Fiber& fiber = fibers[current];
    const VectorClock known = fiber.clock;
    ++fiber.clock[current];  // what it does from now on is not part of this
    return known;
  }
};

std::string_view to_text(Access access) {
  constexpr std::array<std::string_view, 11> kNames = {
      "begins", "load",   "store", "exchange", "add", "compare-exchange", "weak compare-exchange",
      "park",   "unpark", "pause", "linger"};
  return kNames[static_cast<std::size_t>(access)];
}

std::string_view to_text(Outcome::Kind kind) {
  constexpr std::array<std::string_view, 5> kNames = {"passed", "VIOLATED", "DEADLOCK", "LIVELOCK", "TOO_LONG"};
  return kNames[static_cast<std::size_t>(kind)];
}

bool Footprint::independent_of(const Footprint& other) const {
  if (everything_ || other.everything_) return false;
  for (const auto& [place, writes] : places_)
    for (const auto& [its, its_writes] : other.places_)
      if (place == its && (writes || its_writes)) return false;
  return true;
}

// ---- What can happen next -------------------------------------------------------------------------------------------

void Scheduler::Machine::options(std::vector<Option>& all) const {
  all.clear();
  // A loop of the scenario's own gets its turn now and then, and every thread begins in the end, whatever the strategy
  // prefers: it may be what the others work until.
  for (unsigned thread = 0; thread < fibers.size(); ++thread) {
    const Fiber& fiber = fibers[thread];
    const bool waited = fiber.begun ? fiber.rests && steps > fiber.rests_since + kLongestRest : steps > kLatestBegin;
    if (waited && fiber.state == Fiber::State::ready)
      return all.push_back({Option::Kind::step, thread, fiber.access, fiber.address});
  }
  const auto offer = [&](unsigned thread) {
    const Fiber& fiber = fibers[thread];
    if (fiber.state == Fiber::State::ready) all.push_back({Option::Kind::step, thread, fiber.access, fiber.address});
  };
  offer(current);
  for (unsigned thread = 0; thread < fibers.size(); ++thread)
    if (thread != current) offer(thread);
  for (unsigned thread = 0; thread < fibers.size(); ++thread) {
    const Fiber& fiber = fibers[thread];
    // Of a sleeper, or of one that was woken in time and gets to run too late.
    const bool has_slept = fiber.state == Fiber::State::asleep || fiber.state == Fiber::State::ready;
    const bool sleeps = has_slept && fiber.deadline != std::chrono::nanoseconds::max();
    if (sleeps || (fiber.state == Fiber::State::pausing && fiber.waits_for_time))
      all.push_back({Option::Kind::timeout, thread});
    if (fiber.state == Fiber::State::ready && fiber.access == Access::compare_weak)
      all.push_back({Option::Kind::weak_failure, thread});
    if (!fibers[thread].buffer.empty()) all.push_back({Option::Kind::flush, thread});
  }
  if (all.empty()) return;  // nobody must rely on being woken for no reason
  for (unsigned thread = 0; thread < fibers.size(); ++thread)
    if (fibers[thread].state == Fiber::State::asleep && !fibers[thread].sound)
      all.push_back({Option::Kind::spurious, thread});
}

// Whoever fell asleep first: the kernel wakes threads of equal priority in that order.
Fiber* Scheduler::Machine::first_asleep(const void* address, std::uint32_t tag) {
  Fiber* first = nullptr;
  for (Fiber& fiber : fibers) {
    if (fiber.state != Fiber::State::asleep || fiber.address != address || (fiber.tag & tag) == 0) continue;
    if (first == nullptr || fiber.asleep_since < first->asleep_since) first = &fiber;
  }
  return first;
}

// Nobody can take a step but those who pause until something changes. Let them look again; if they have looked often
// enough, let time pass for those who watch the clock; if nobody does, they look for ever.
bool Scheduler::Machine::wait_is_over() {
  bool pausing = false, timed = false;
  for (Fiber& fiber : fibers) {
    if (fiber.state != Fiber::State::pausing) continue;
    pausing = true;
    timed = timed || fiber.waits_for_time;
    fiber.state = Fiber::State::ready;
  }
  if (!pausing) return false;
  if (++idle > 3 && timed) time += std::chrono::milliseconds(1) * (1ULL << std::min(idle, 40U));
  if (idle <= kIdleRounds) return true;
  const std::string who = who_waits();
  // Who pauses for the primitive may go on for ever; a loop of the scenario's own is no sign of life.
  const bool looks = std::ranges::any_of(
      fibers, [](const Fiber& fiber) { return fiber.state == Fiber::State::ready && !fiber.rests; });
  if (!looks || who.find(" and waits for lock ") != std::string::npos) {
    end(Outcome::Kind::deadlock, who);
  } else {
    end(Outcome::Kind::livelock, "threads look again and again, and nothing changes: " + who);
  }
  return true;
}

std::string Scheduler::Machine::who_waits() const {
  std::vector<stress::Claims> claims;
  for (const Fiber& fiber : fibers) claims.push_back(fiber.claims);
  std::string text = stress::circle(claims);
  if (!text.empty()) return text;
  for (unsigned thread = 0; thread < fibers.size(); ++thread) {
    const Fiber& fiber = fibers[thread];
    if (fiber.state == Fiber::State::ended) continue;
    const std::string_view file = fiber.where.file_name();
    text += (text.empty() ? "" : "; ") + std::string("thread ") + std::to_string(thread) +
            (fiber.state == Fiber::State::asleep ? " sleeps at " : " is at ") +
            std::string(file.substr(file.find_last_of('/') + 1)) + ":" + std::to_string(fiber.where.line());
  }
  return text;
}

void Scheduler::Machine::flush(unsigned thread) {
  const Buffered oldest = fibers[thread].buffer.front();
  fibers[thread].buffer.pop_front();
  if (cells.contains(oldest.cell)) {  // gone: its storage was given back before
    oldest.cell->bits_ = oldest.bits;
    oldest.cell->released_ = oldest.released;
  }
  changed();
}

// ---- Running --------------------------------------------------------------------------------------------------------

Scheduler::Scheduler(Limits limits) : machine_(std::make_unique<Machine>(limits)) {}
Scheduler::~Scheduler() = default;
Scheduler* Scheduler::current() noexcept {
  return running;
}
unsigned Scheduler::thread() const noexcept {
  return machine_->current;
}

namespace {

void enter(boost::context::detail::transfer_t from) {
  auto* const machine = static_cast<Scheduler::Machine*>(from.data);
  machine->home = from.fctx;
  const unsigned thread = machine->current;
  stress::run_guarded((*machine->bodies)[thread]);
  // Its last stores may be seen late as well.
  if (!machine->fibers[thread].buffer.empty()) running->linger();
  machine->drain(thread);
  machine->fibers[thread].state = Fiber::State::ended;
  machine->changed();
  machine->leave();
  std::abort();  // nobody comes back to what has ended
}

}  // namespace

Outcome Scheduler::run(const std::function<void()>& setup, const std::vector<std::function<void()>>& bodies,
                       const std::function<void()>& check, Strategy& strategy) {
  Machine& machine = *machine_;
  machine.outcome = {};
  machine.over = false;
  machine.steps = machine.idle = machine.current = 0;
  machine.time = std::chrono::seconds(1);
  machine.cells.clear();
  machine.touches.clear();
  machine.bodies = &bodies;
  machine.fibers = std::vector<Fiber>(bodies.size());
  while (machine.stacks.size() < bodies.size()) machine.stacks.push_back(std::make_unique<Stack>());
  const std::uint64_t own_number = number_of_this_thread;
  running = this;
  stress::World* const world_before = std::exchange(stress::world, this);
  try {
    setup();
  } catch (const BrokenOutside&) {
  }
  for (unsigned thread = 0; thread < bodies.size(); ++thread) {
    Fiber& fiber = machine.fibers[thread];
    fiber.number = kFirstNumber + thread;
    fiber.clock[thread] = 1;
    char* const stack = static_cast<char*>(machine.stacks[thread]->memory());
    fiber.context = boost::context::detail::make_fcontext(stack + kStack, kStack, enter);
  }
  std::vector<Option> options;
  while (!machine.over) {
    machine.options(options);
    if (options.empty()) {
      if (machine.wait_is_over()) continue;
      const bool all_ended =
          std::ranges::all_of(machine.fibers, [](const Fiber& fiber) { return fiber.state == Fiber::State::ended; });
      if (!all_ended) machine.end(Outcome::Kind::deadlock, machine.who_waits());
      break;
    }
    if (++machine.steps > machine.limits.steps) {
      machine.end(Outcome::Kind::too_long, "not over after " + std::to_string(machine.limits.steps) + " steps");
      break;
    }
    const bool goes_on = options[0].kind == Option::Kind::step && options[0].thread == machine.current;
    const std::size_t chosen = options.size() == 1 ? 0 : strategy.choose(options, goes_on);
    if (chosen >= options.size()) throw std::logic_error("the strategy chose what cannot happen: is the run the same?");
    if (options.size() != 1) machine.outcome.decisions.push_back(chosen);
    const Option option = options[chosen];
    if (option.kind == Option::Kind::flush) {
      machine.flush(option.thread);
      machine.footprint.add_everything();
      strategy.stepped(option.thread, machine.footprint);
      continue;
    }
    Fiber& fiber = machine.fibers[option.thread];
    if (option.kind == Option::Kind::timeout) machine.let_time_pass(fiber);
    fiber.fails = option.kind == Option::Kind::weak_failure;
    machine.outcome.preemptions += goes_on && option.thread != machine.current ? 1 : 0;
    fiber.state = Fiber::State::ready;
    machine.current = option.thread;
    machine.footprint.clear();
    if (option.kind != Option::Kind::step) machine.footprint.add_everything();
    machine.switch_to(fiber);
    strategy.stepped(option.thread, machine.footprint);
  }
  number_of_this_thread = own_number;
  try {
    if (!machine.over) check();
  } catch (const BrokenOutside&) {
  }
  running = nullptr;
  stress::world = world_before;
  return std::move(machine.outcome);
}

// ---- Cells ----------------------------------------------------------------------------------------------------------

Cell::Cell(std::uint64_t bits) noexcept : bits_(bits) {
  if (running != nullptr) running->machine_->cells.insert(this);
}
Cell::~Cell() {
  if (running == nullptr) return;
  running->machine_->cells.erase(this);
  running->machine_->footprint.add(this, true);
}

void Cell::reach(Access access, const Where& where) const {
  if (running == nullptr || !running->machine_->in_fiber) return;
  running->reach(access, this, where);
  // The storage is still there (scenarios keep it until the run is over), but what lived in it is not.
  if (!running->machine_->cells.contains(this))
    running->violated("touches an object after its destruction: " + std::string(to_text(access)) + " at line " +
                      std::to_string(where.line()));
}

std::uint64_t Cell::load(std::memory_order order, const Where& where) const {
  reach(Access::load, where);
  if (running == nullptr || !running->machine_->in_fiber) return bits_;
  Scheduler::Machine& machine = *running->machine_;
  std::uint64_t seen = bits_;
  for (const Buffered& store : machine.fibers[machine.current].buffer)  // its own stores, the newest last
    if (store.cell == this) seen = store.bits;
  if (acquires(order)) machine.acquire(released_);
  machine.footprint.add(this, false);
  running->record(seen, seen);
  running->looked(where);
  return seen;
}

std::uint64_t Cell::look(const Where& where) const {
  reach(Access::park, where);
  if (running == nullptr || !running->machine_->in_fiber) return bits_;
  running->machine_->drain(running->machine_->current);
  running->record(bits_, bits_);
  return bits_;
}

void Cell::store(std::uint64_t bits, std::memory_order order, const Where& where) {
  reach(Access::store, where);
  if (running == nullptr || !running->machine_->in_fiber) {
    bits_ = bits;
    return;
  }
  Scheduler::Machine& machine = *running->machine_;
  running->record(bits_, bits);
  machine.footprint.add(this, true);
  const VectorClock released = releases(order) ? machine.release() : VectorClock();
  if (machine.limits.store_buffers) {
    machine.fibers[machine.current].buffer.push_back({this, bits, released});
  } else {
    bits_ = bits;
    released_ = released;
  }
  if (order == std::memory_order_seq_cst) machine.drain(machine.current);  // x86: a locked exchange
  machine.changed();
}

void Cell::before_change(Access access, const Where& where) {
  reach(access, where);
  if (running != nullptr && running->machine_->in_fiber) running->machine_->drain(running->machine_->current);
}

void Cell::after_change(std::uint64_t before, std::memory_order order, const Where& where) {
  if (running == nullptr) return;
  running->record(before, bits_);
  Scheduler::Machine& machine = *running->machine_;
  if (machine.in_fiber) {
    machine.footprint.add(this, true);
    if (acquires(order)) machine.acquire(released_);
    // A read-modify-write goes on with what was released before it: the standard's release sequence.
    if (releases(order)) released_.join(machine.release());
  }
  if (before != bits_) machine.changed();
  if (before == bits_) running->looked(where);
}

bool Cell::compare_exchange(bool weak, std::uint64_t wanted, std::uint64_t desired, std::uint64_t& seen,
                            std::memory_order success, std::memory_order failure, const Where& where) {
  before_change(weak ? Access::compare_weak : Access::compare, where);
  const bool in_fiber = running != nullptr && running->machine_->in_fiber;
  const bool fails = in_fiber && std::exchange(running->machine_->fibers[running->machine_->current].fails, false);
  seen = bits_;
  const bool done = bits_ == wanted && !fails;
  if (done) bits_ = desired;
  // Failed for no reason, it has not looked in vain: it will come again, and may succeed.
  if (fails) {
    running->machine_->footprint.add_everything();
    if (acquires(failure)) running->machine_->acquire(released_);
    running->record(seen, seen);
    return false;
  }
  after_change(seen, done ? success : failure, where);
  return done;
}

// ---- What fibers call -----------------------------------------------------------------------------------------------

void Scheduler::reach(Access access, const void* address, const Where& where) {
  Machine& machine = *machine_;
  if (!machine.in_fiber) return;
  Fiber& fiber = machine.fibers[machine.current];
  fiber.access = access;
  fiber.address = address;
  fiber.where = where;
  machine.leave();
}

void Scheduler::record(std::uint64_t before, std::uint64_t after) {
  Machine& machine = *machine_;
  if (!machine.in_fiber || !machine.limits.keep_trace) return;
  const Fiber& fiber = machine.fibers[machine.current];
  machine.outcome.trace.push_back({machine.current, fiber.access, fiber.address, before, after, fiber.where});
}

// A loop that looks without a pause would be run for ever by a strategy that is not fair.
void Scheduler::looked(const Where& where) {
  Machine& machine = *machine_;
  if (machine.in_fiber && ++machine.fibers[machine.current].looks > kIdleLooks) pause(where);
}

void Scheduler::pause(const Where& where) {
  Machine& machine = *machine_;
  if (!machine.in_fiber) return;
  Fiber& fiber = machine.fibers[machine.current];
  machine.drain(machine.current);  // a store becomes visible in time, and this thread has nothing else to do
  machine.footprint.add_everything();
  fiber.access = Access::pause;
  fiber.address = nullptr;
  fiber.where = where;
  fiber.state = Fiber::State::pausing;
  fiber.waits = !fiber.rests && fiber.looks > 0;  // several pauses in a row: only after a look is it known to wait
  machine.leave();
  fiber.waits_for_time = false;
}

void Scheduler::sleep(const void* address, std::uint32_t tag, std::chrono::nanoseconds deadline, bool sound) {
  Machine& machine = *machine_;
  if (!machine.in_fiber) violated("sleeps outside of a thread");
  Fiber& fiber = machine.fibers[machine.current];
  machine.drain(machine.current);
  machine.footprint.add_everything();
  if (deadline <= machine.time) return;
  fiber.address = address;
  fiber.tag = tag;
  fiber.deadline = deadline;
  fiber.sound = sound;
  fiber.asleep_since = machine.steps;
  fiber.state = Fiber::State::asleep;
  machine.leave();
  fiber.deadline = std::chrono::nanoseconds::max();
}

void Scheduler::wake(const void* address, std::uint32_t count, std::uint32_t tag) {
  Machine& machine = *machine_;
  machine.drain(machine.current);  // a system call
  machine.footprint.add_everything();
  for (; count != 0; --count) {
    Fiber* const first = machine.first_asleep(address, tag);
    if (first == nullptr) break;
    first->state = Fiber::State::ready;
    first->access = Access::begin;  // it continues with whatever it does next
  }
  machine.changed();
}

std::chrono::nanoseconds Scheduler::look_at_the_clock() {
  Machine& machine = *machine_;
  if (machine.in_fiber) machine.fibers[machine.current].waits_for_time = true;
  machine.footprint.add_everything();
  return machine.time;
}

// ---- The world of scenarios -----------------------------------------------------------------------------------------

void Scheduler::linger() {
  reach(Access::linger, nullptr, Where::current());
}

void Scheduler::touch(const void* data, stress::Touch how) {
  Machine& machine = *machine_;
  if (!machine.in_fiber) return;
  using stress::Touch;
  const unsigned self = machine.current;
  VectorClock& clock = machine.fibers[self].clock;
  Touches& touches = machine.touches_of(data);
  machine.footprint.add(data, how != Touch::read);
  if (how == Touch::acquire) return clock.join(touches.released);
  if (how == Touch::release) {
    machine.drain(self);  // it stands for an atomic addition
    touches.released.join(machine.release());
    return machine.changed();
  }
  const auto race = [&](unsigned other, const char* did) {
    violated(std::string("X1: a data race: thread ") + std::to_string(self) +
             (how == Touch::write ? " writes" : " reads") + " what thread " + std::to_string(other) + " " + did +
             ", and no release and acquire put them in order");
  };
  if (touches.written > clock[touches.writer]) race(touches.writer, "wrote");
  if (how == Touch::read) {
    touches.reads[self] = clock[self];
    return;
  }
  for (unsigned other = 0; other < machine.fibers.size(); ++other)
    if (other != self && touches.reads[other] > clock[other]) race(other, "read");
  touches.writer = self;
  touches.written = clock[self];
}

void Scheduler::rest() {
  Machine& machine = *machine_;
  if (!machine.in_fiber) return;
  Fiber& fiber = machine.fibers[machine.current];
  fiber.rests = true;
  fiber.rests_since = machine.steps;
  pause(Where::current());
  fiber.rests = false;
}

std::chrono::nanoseconds Scheduler::now() {
  machine_->footprint.add_everything();
  return machine_->time;
}

void Scheduler::claim(stress::Claim how, unsigned lock) {
  if (machine_->in_fiber) machine_->fibers[machine_->current].claims.note(how, lock);
}

bool Scheduler::await_waiting(unsigned first, unsigned last) {
  Machine& machine = *machine_;
  if (!machine.in_fiber) return true;
  const auto all_wait = [&] {
    // All at once: one that waits for a lock inside the primitive waits for another that does not, or whose release is
    // still in its buffer.
    return std::all_of(&machine.fibers[first], &machine.fibers[last] + 1, [](const Fiber& fiber) {
      const bool stands = fiber.waits || fiber.state == Fiber::State::asleep || fiber.state == Fiber::State::ended;
      return stands && fiber.buffer.empty();
    });
  };
  while (!all_wait()) rest();
  return true;
}

void Scheduler::violated(std::string reason) {
  Machine& machine = *machine_;
  machine.end(Outcome::Kind::violated, std::move(reason));
  if (machine.in_fiber) machine.leave();
  throw BrokenOutside();
}

}  // namespace syncbench::schedule
