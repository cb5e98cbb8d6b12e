// SPDX-License-Identifier: Apache-2.0
#include "ctl/capture.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>

#include "base/error.hh"
#include "base/log.hh"
#include "base/time.hh"
#include "ctl/instances.hh"
#include "ctl/pcapng_blocks.hh"
#include "nsrun/api.hh"
#include "os/signals.hh"
#include "wire/pcapng.hh"

namespace nsrun::ctl {
namespace {

namespace pcapng = wire::pcapng;

constexpr int kEndingSignals[] = {SIGINT, SIGTERM, SIGHUP};
// For what the helper still has when it is told to end.
constexpr base::Duration kPatience = std::chrono::seconds(5);

base::Fd open_output(const std::string& path) {
  if (path == "-") {
    if (isatty(STDOUT_FILENO) != 0) {
      throw base::Failure("-w -: standard output is a terminal, which cannot show a capture");
    }
    return base::duplicate(base::FdView(STDOUT_FILENO));
  }
  return base::Fd(base::check(fmt::format("write {}", path),
                              open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)));
}

bool is_regular_file(base::FdView fd) {
  struct stat status {};
  return fstat(fd.number(), &status) == 0 && S_ISREG(status.st_mode);
}

class Recording {
 public:
  Recording(const CaptureFrames& command, base::Fd stream, base::Fd output)
      : path_(command.path),
        most_frames_(command.frames),
        stream_(std::move(stream)),
        output_(std::move(output)) {
    if (command.seconds) deadline_ = base::now() + std::chrono::seconds(*command.seconds);
  }

  Captured run() {
    while (!is_over_ && await(stream_, POLLIN)) read_some();
    return captured_;
  }

 private:
  // Until the descriptor is ready. False when there is nothing more to wait for: a second signal,
  // or no patience is left after the end was asked for.
  bool await(base::FdView fd, short events) {
    for (;;) {
      if (base::now() >= deadline_ && !end()) return false;
      pollfd ready[] = {{fd.number(), events, 0}, {signals_.fd().number(), POLLIN, 0}};
      const int count = poll(ready, std::size(ready), milliseconds_left());
      if (count < 0 && errno == EINTR) continue;
      base::check("wait for frames", count);
      if (ready[1].revents != 0 && signals_.next() && !end()) return false;
      if (ready[0].revents != 0) return true;
    }
  }

  void read_some() {
    std::array<std::byte, 65536> piece;
    const ssize_t count = recv(stream_.number(), piece.data(), piece.size(), 0);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    is_over_ = count == 0 || (count < 0 && errno == ECONNRESET);
    if (is_over_) return;
    base::check("receive frames", count);
    blocks_.add(base::Bytes(piece).first(static_cast<size_t>(count)));
    while (!is_over_) {
      const auto block = blocks_.next();
      if (!block) return;
      take(*block);
    }
  }

  void take(const PcapngBlocks::Block& block) {
    if (block.type == pcapng::kEnhancedPacketBlock) {
      if (has_enough()) return;
      ++captured_.frames;
    } else if (block.type == pcapng::kInterfaceStatisticsBlock &&
               block.bytes.size() == sizeof(pcapng::StatisticsBlock)) {
      captured_.dropped = pcapng::statistics_in(block.bytes).dropped;
    }
    write_all(block.bytes);
    if (has_enough()) end();
  }

  bool has_enough() const { return most_frames_ && captured_.frames >= *most_frames_; }

  // So little at a time that a pipe which is ready takes it at once: whoever reads it may stall,
  // and a signal has to be heard.
  void write_all(base::Bytes bytes) {
    while (!bytes.empty()) {
      if (!await(output_, POLLOUT)) {
        is_over_ = true;
        return;
      }
      const ssize_t count =
          write(output_.number(), bytes.data(), std::min(bytes.size(), most_at_once_));
      if (count < 0 && errno == EINTR) continue;
      bytes =
          bytes.subspan(static_cast<size_t>(base::check(fmt::format("write {}", path_), count)));
    }
  }

  // Asks for the end: what was captured until now still comes, then the statistics and the end of
  // the stream. False when it was asked for before.
  bool end() {
    if (std::exchange(is_ending_, true)) return false;
    shutdown(stream_.number(), SHUT_WR);
    deadline_ = base::now() + kPatience;
    return true;
  }

  int milliseconds_left() const {
    if (deadline_ == base::kNever) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - base::now()).count();
    return static_cast<int>(std::clamp<int64_t>(left, 0, INT32_MAX));
  }

  os::SignalQueue signals_{kEndingSignals};
  const std::string path_;
  const std::optional<uint64_t> most_frames_;
  base::Fd stream_;
  base::Fd output_;
  const size_t most_at_once_ = is_regular_file(output_) ? SIZE_MAX : PIPE_BUF;
  PcapngBlocks blocks_;
  Captured captured_;
  base::Time deadline_ = base::kNever;
  bool is_ending_ = false;
  bool is_over_ = false;
};

}  // namespace

Captured capture(const CaptureFrames& command) {
  // Nothing is written before there is an instance.
  base::Fd stream = connect_to(command.instance);
  base::Fd output = open_output(command.path);
  ask_for_stream(stream, command.instance,
                 {{"execute", api::kCapture}, {"arguments", {{"filter", command.filter}}}});
  base::log::info("capturing \"{}\"; Ctrl-C ends it", command.instance);
  return Recording(command, std::move(stream), std::move(output)).run();
}

}  // namespace nsrun::ctl
