// SPDX-License-Identifier: Apache-2.0
//
// A cable between two network namespaces that is as bad as one likes: loses, repeats, reorders or
// delays frames, by a seeded generator. It makes a TAP device at each end.
//
//   link_relay NAME=PATH NAME=PATH [lose=N] [repeat=N] [reorder=N] [delay=MS] [seed=N] [offload=1]
//
// PATH: the network namespace of that end. N: one frame in N (0: none). With offload=1 frames are
// as large as the kernels like, which is fast; without, each is what a wire would carry. Says
// "ready"; on SIGTERM it says what it has done and ends.
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hh"
#include "base/fd.hh"
#include "base/time.hh"

namespace nsrun {
namespace {

using namespace std::chrono_literals;

constexpr size_t kFrameBytes = 65536 + 64;
constexpr int kFramesPerTurn = 64;
// Beyond it a real queue would drop, too. 100 ms at 40 Gbit/s.
constexpr size_t kMostQueuedBytes = size_t{512} << 20;
// A frame that is overtaken waits for so many others, or for so long if none come.
constexpr size_t kOvertaking = 4;
constexpr base::Duration kOvertakenAtMost = 5ms;

struct Settings {
  uint64_t lose = 0;
  uint64_t repeat = 0;
  uint64_t reorder = 0;
  uint64_t seed = 1;
  base::Duration delay{};
  bool has_offload = false;
};

base::Fd open_tap_in(const std::string& name, const std::string& netns, bool has_offload) {
  const base::Fd there(base::check("open " + netns, open(netns.c_str(), O_RDONLY | O_CLOEXEC)));
  base::check("enter " + netns, setns(there.number(), CLONE_NEWNET));
  base::Fd tap(base::check("open /dev/net/tun", open("/dev/net/tun", O_RDWR | O_NONBLOCK)));
  ifreq request{};
  std::snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name.c_str());
  const int flags = IFF_TAP | IFF_NO_PI | (has_offload ? IFF_VNET_HDR : 0);
  request.ifr_flags = static_cast<short>(flags);
  base::check("make " + name, ioctl(tap.number(), TUNSETIFF, &request));
  if (has_offload) {
    constexpr unsigned kOffloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
    base::check("offload", ioctl(tap.number(), TUNSETOFFLOAD, kOffloads));
  }
  return tap;
}

using Frame = std::vector<char>;

// One direction of the cable.
class Lane {
 public:
  Lane(base::FdView from, base::FdView to, const Settings& settings, uint64_t salt)
      : from_(from), to_(to), settings_(settings), random_(settings.seed * 2 + salt) {}

  void take_in(base::Time now) {
    for (int i = 0; i < kFramesPerTurn; ++i) {
      const ssize_t count = read(from_.number(), buffer_.data(), buffer_.size());
      if (count <= 0) return;
      ++taken_;
      accept({buffer_.begin(), buffer_.begin() + count}, now);
    }
  }

  void send_due(base::Time now) {
    if (!overtaken_.empty() && overtaken_until_ <= now) release_overtaken(now);
    while (!queue_.empty() && queue_.front().first <= now) {
      const Frame& frame = queue_.front().second;
      // A full device drops, as a real one does.
      if (write(to_.number(), frame.data(), frame.size()) < 0) ++refused_;
      queued_bytes_ -= frame.size();
      queue_.pop();
    }
  }

  base::Time next_due() const noexcept {
    const base::Time queued = queue_.empty() ? base::kNever : queue_.front().first;
    return overtaken_.empty() ? queued : std::min(queued, overtaken_until_);
  }

  std::string text() const {
    return fmt::format("frames {} lost {} repeated {} reordered {} refused {}", taken_, lost_,
                       repeated_, reordered_, refused_);
  }

 private:
  bool one_in(uint64_t count) { return count != 0 && random_() % count == 0; }

  void accept(Frame frame, base::Time now) {
    if (one_in(settings_.lose) || queued_bytes_ > kMostQueuedBytes) {
      ++lost_;
      return;
    }
    const bool repeats = one_in(settings_.repeat);
    if (overtaken_.empty() && one_in(settings_.reorder)) {
      ++reordered_;
      overtaken_ = std::move(frame);
      overtaken_by_ = 0;
      overtaken_until_ = now + kOvertakenAtMost;
      return;
    }
    if (repeats) {
      ++repeated_;
      enqueue(frame, now);
    }
    enqueue(std::move(frame), now);
    if (!overtaken_.empty() && ++overtaken_by_ >= kOvertaking) release_overtaken(now);
  }

  void release_overtaken(base::Time now) { enqueue(std::exchange(overtaken_, {}), now); }

  void enqueue(Frame frame, base::Time now) {
    queued_bytes_ += frame.size();
    queue_.emplace(now + settings_.delay, std::move(frame));
  }

  base::FdView from_;
  base::FdView to_;
  const Settings& settings_;
  std::mt19937_64 random_;
  std::array<char, kFrameBytes> buffer_;
  std::queue<std::pair<base::Time, Frame>> queue_;
  size_t queued_bytes_ = 0;
  Frame overtaken_;
  size_t overtaken_by_ = 0;
  base::Time overtaken_until_ = base::kNever;
  uint64_t taken_ = 0;
  uint64_t lost_ = 0;
  uint64_t repeated_ = 0;
  uint64_t reordered_ = 0;
  uint64_t refused_ = 0;
};

base::Fd termination() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  base::check("block SIGTERM", sigprocmask(SIG_BLOCK, &signals, nullptr));
  return base::Fd(base::check("make a signalfd", signalfd(-1, &signals, SFD_CLOEXEC)));
}

void arm(base::FdView timer, base::Time due) {
  itimerspec when{};
  if (due != base::kNever) {
    // Never zero, which would disarm it.
    const auto since_boot = due.time_since_epoch().count();
    when.it_value = {since_boot / 1'000'000'000, since_boot % 1'000'000'000};
  }
  timerfd_settime(timer.number(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void relay(const std::array<base::Fd, 2>& taps, const Settings& settings) {
  Lane forth(taps[0], taps[1], settings, 0);
  Lane back(taps[1], taps[0], settings, 1);
  const base::Fd end = termination();
  const base::Fd timer(
      base::check("make a timer", timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)));
  fmt::print("ready\n");
  std::fflush(stdout);
  while (true) {
    arm(timer, std::min(forth.next_due(), back.next_due()));
    std::array<pollfd, 4> ready{{{taps[0].number(), POLLIN, 0},
                                 {taps[1].number(), POLLIN, 0},
                                 {timer.number(), POLLIN, 0},
                                 {end.number(), POLLIN, 0}}};
    base::check("poll", poll(ready.data(), ready.size(), -1));
    if (ready[3].revents != 0) break;
    const base::Time now = base::now();
    forth.take_in(now);
    back.take_in(now);
    forth.send_due(now);
    back.send_due(now);
  }
  fmt::print("forth: {}\nback: {}\n", forth.text(), back.text());
}

std::pair<std::string, std::string> split(const std::string& word) {
  const size_t at = word.find('=');
  if (at == std::string::npos) throw base::Failure(word + ": a word with = is expected");
  return {word.substr(0, at), word.substr(at + 1)};
}

int run(const std::vector<std::string>& words) {
  if (words.size() < 2) throw base::Failure("two ends are expected: NAME=PATH NAME=PATH");
  std::map<std::string, uint64_t> values;
  for (size_t i = 2; i < words.size(); ++i) {
    const auto [name, value] = split(words[i]);
    values[name] = std::stoull(value);
  }
  Settings settings;
  settings.lose = values["lose"];
  settings.repeat = values["repeat"];
  settings.reorder = values["reorder"];
  settings.seed = values["seed"];
  settings.delay = std::chrono::milliseconds(values["delay"]);
  settings.has_offload = values["offload"] != 0;
  std::array<base::Fd, 2> taps;
  for (size_t i = 0; i < taps.size(); ++i) {
    const auto [name, netns] = split(words[i]);
    taps[i] = open_tap_in(name, netns, settings.has_offload);
  }
  relay(taps, settings);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace nsrun

int main(int argc, char** argv) {
  try {
    return nsrun::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    fmt::print(stderr, "link_relay: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
