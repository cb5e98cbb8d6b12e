// SPDX-License-Identifier: Apache-2.0
//
// One end of one connection of a soak test: sends its stream in pieces of random size with random
// pauses, compares what comes with the other's stream, and ends as the plan says.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/fd.hh"
#include "base/time.hh"
#include "plan.hh"

namespace nsrun::soak {

struct Limits {
  uint64_t most_bytes = 32U << 20;  // that a side of a flow sends
  bool has_pauses = true;
};

// What a client says first. A report is asked for with `is_report`.
struct Greeting {
  uint64_t flow_seed = 0;
  uint64_t most_bytes = 0;
  uint32_t has_pauses = 0;
  uint32_t is_report = 0;
};

// kUnseen: killed by the other side, as planned, but no reset came. TCP does not repeat a reset, so
// where frames get lost one may.
enum class Outcome : uint8_t { kRunning, kClean, kKilledHere, kKilledThere, kUnseen, kWrong };

class Flow {
 public:
  Flow(base::Fd socket, Side side, uint64_t seed, const Limits& limits, base::Time now);

  base::FdView socket() const noexcept { return socket_; }
  // What epoll(7) is to watch for now.
  uint32_t events() const noexcept;
  // Reads and writes what it may now. False when nothing moved.
  bool proceed(uint32_t ready, base::Time now);
  // The end of a pause; base::kNever when there is none.
  base::Time resumes_at() const noexcept;
  void end_pauses(base::Time now) noexcept;

  Outcome outcome() const noexcept { return outcome_; }
  const std::string& mistake() const noexcept { return mistake_; }
  uint64_t sent() const noexcept { return sent_; }
  uint64_t received() const noexcept { return received_; }
  base::Time last_progress() const noexcept { return last_progress_; }
  // Ends it when nothing has moved for so long that nothing will.
  void end_if_stalled(base::Time now);

 private:
  bool read_some(base::Time now);
  bool write_some(base::Time now);
  bool kill_if_due();
  void end_of_stream();
  void broken(int error, const char* attempted);
  void wrong(const std::string& what);
  void finish_if_done();
  bool is_killed_there() const noexcept;
  bool may_send() const noexcept;
  bool has_to_send() const noexcept;
  base::Time pause_from(base::Time now) noexcept;

  base::Fd socket_;
  Side side_;
  uint64_t seed_;
  Plan plan_;
  bool has_pauses_;
  Random random_;
  Stream own_;
  Stream others_;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
  bool has_half_closed_ = false;
  bool other_has_half_closed_ = false;
  base::Time reads_from_ = base::kNever;   // set: a pause
  base::Time writes_from_ = base::kNever;  // set: a pause
  base::Time last_progress_;
  Outcome outcome_ = Outcome::kRunning;
  std::string mistake_;
};

}  // namespace nsrun::soak
