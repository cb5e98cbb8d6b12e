// SPDX-License-Identifier: Apache-2.0
#include "helper/outside.hh"

#include <poll.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <tuple>

#include "base/error.hh"
#include "base/log.hh"
#include "dataplane/outside_words.hh"
#include "dataplane/process_answer.hh"
#include "helper/locked_down.hh"
#include "helper/system_calls.hh"
#include "os/fd_passing.hh"
#include "os/unix_socket.hh"
#include "os/watched_path.hh"

namespace nsrun::helper {
namespace {

// Of looks at the files.
constexpr int kIntervalMilliseconds = 500;
// What its end may take.
constexpr auto kPatience = std::chrono::seconds(1);

class Watch {
 public:
  Watch(const OutsideTask& task, base::FdView channel, base::FdView requests)
      : channel_(channel),
        requests_(requests),
        host_sockets_(task.host_sockets),
        resolv_conf_(task.resolv_conf) {
    if (!task.target_path.empty()) target_.emplace(task.target_path);
  }

  // Until the helper has ended.
  void run() {
    while (!wait()) look();
  }

 private:
  // True when the helper, which never says anything, has ended.
  bool wait() {
    std::array entries{pollfd{channel_.number(), POLLIN, 0},
                       pollfd{target_ ? target_->fd().number() : -1, POLLIN, 0},
                       pollfd{requests_.number(), POLLIN, 0}};
    if (::poll(entries.data(), entries.size(), kIntervalMilliseconds) < 0 && errno != EINTR) {
      base::throw_errno("wait for the helper");
    }
    const bool has_ended = entries[0].revents != 0;
    if (!has_ended && entries[2].revents != 0) serve_request();
    return has_ended;
  }

  void serve_request() {
    try {
      if (const auto message = os::receive_message(requests_)) return answer(message->bytes);
    } catch (const base::SystemError& error) {
      base::log::debug("the process outside: {}", error.what());
    }
    requests_ = {};  // nobody asks any more
  }

  void answer(base::Bytes bytes) {
    dataplane::HostSocketRequest request;
    os::ConnectAttempt attempt{.socket = {}, .error = EINVAL};
    if (bytes.size() == sizeof request) {
      std::memcpy(&request, bytes.data(), sizeof request);
      if (request.number < host_sockets_.size()) {
        attempt = os::connect_to_path(host_sockets_[request.number]);
      }
    }
    dataplane::send_socket_answer(requests_, attempt.error, attempt.socket);
  }

  void look() {
    if (resolv_conf_) look_at_name_servers();
    if (target_ && target_->is_gone()) {
      target_.reset();
      tell(TargetIsGone{});
    }
  }

  void look_at_name_servers() {
    if (auto servers = resolv_conf_->look()) tell(NewNameServers{std::move(*servers)});
  }

  void tell(const OutsideNews& news) { os::send_message(channel_, encode(news)); }

  base::FdView channel_;
  base::FdView requests_;
  const std::vector<std::string>& host_sockets_;
  std::optional<ResolvConfFile> resolv_conf_;
  std::optional<os::WatchedPath> target_;
};

// The process's ends of its channels, and its files (SocketFile::hold()), which are open until the
// sockets are removed.
struct Kept {
  base::FdView channel;
  base::FdView requests;
  const std::vector<base::Fd>& held_files;
};

void watch(const OutsideTask& task, const Kept& kept) {
  std::vector<int> numbers{kept.channel.number(), kept.requests.number()};
  for (const base::Fd& file : kept.held_files) numbers.push_back(file.number());
  os::close_fds_except(numbers);
  Watch files(task, kept.channel, kept.requests);
  const std::vector<base::SystemCall> allowed = outside_calls(!task.host_sockets.empty());
  // What is missing here is missing in the helper too, which says so.
  sandbox::apply_stages(sandbox::renunciation_stages(allowed, std::nullopt), task.missing);
  say_locked_down(kept.channel);
  files.run();
}

int run_outside(const OutsideTask& task, const Kept& kept) {
  int status = EXIT_SUCCESS;
  try {
    watch(task, kept);
  } catch (const std::exception& error) {
    base::log::error("the process outside: {}", error.what());
    status = EXIT_FAILURE;
  }
  for (const control::SocketFile& file : task.socket_files) file.remove();
  return status;
}

}  // namespace

Outside Outside::start(const OutsideTask& task) {
  auto [ours, theirs] = os::make_seqpacket_pair();
  base::Fd requests;
  base::Fd requests_for_it;
  if (!task.host_sockets.empty()) {
    std::tie(requests, requests_for_it) = os::make_seqpacket_pair();
  }
  std::vector<base::Fd> held_files;
  for (const control::SocketFile& file : task.socket_files) held_files.push_back(file.hold());
  os::Child child = os::Child::start([&, &our_end = ours, &channel = theirs] {
    our_end.close();
    requests.close();
    return run_outside(task, {channel, requests_for_it, held_files});
  });
  return Outside(std::move(child), std::move(ours), std::move(requests));
}

void Outside::wait_for_lock_down() {
  // The end of one that could not is told by receive().
  helper::wait_for_lock_down(channel_);
}

Outside::~Outside() {
  channel_.close();
  // A process that waits for a slow file system must not keep us.
  child_.wait_or_disown(base::now() + kPatience);
}

std::optional<OutsideNews> Outside::receive() {
  const auto message = os::receive_message(channel_);
  if (!message) return std::nullopt;
  auto news = decode_outside_news(message->bytes);
  NSRUN_CHECK(news.has_value());
  return news;
}

}  // namespace nsrun::helper
