// SPDX-License-Identifier: Apache-2.0
#include "helper/outside.hh"

#include <poll.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "base/error.hh"
#include "base/log.hh"
#include "helper/system_calls.hh"
#include "os/fd_passing.hh"
#include "os/watched_path.hh"

namespace nsrun::helper {
namespace {

// Of looks at the files.
constexpr int kIntervalMilliseconds = 500;
// What its end may take.
constexpr auto kPatience = std::chrono::seconds(1);

class Watch {
 public:
  Watch(const OutsideTask& task, base::FdView channel)
      : channel_(channel), resolv_conf_(task.resolv_conf) {
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
                       pollfd{target_ ? target_->fd().number() : -1, POLLIN, 0}};
    if (::poll(entries.data(), entries.size(), kIntervalMilliseconds) < 0 && errno != EINTR) {
      base::throw_errno("wait for the helper");
    }
    return entries[0].revents != 0;
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
  std::optional<ResolvConfFile> resolv_conf_;
  std::optional<os::WatchedPath> target_;
};

void watch(const OutsideTask& task, base::FdView channel, base::FdView held_file) {
  const int kept[] = {channel.number(), held_file.number()};
  os::close_fds_except(kept);
  Watch files(task, channel);
  const std::vector<base::SystemCall> allowed = outside_calls();
  // What is missing here is missing in the helper too, which says so.
  sandbox::apply_stages(sandbox::renunciation_stages(allowed, std::nullopt), task.missing);
  files.run();
}

// `held_file` is the API socket's (SocketFile::hold()), and open until that is removed.
int run_outside(const OutsideTask& task, base::FdView channel, base::FdView held_file) {
  int status = EXIT_SUCCESS;
  try {
    watch(task, channel, held_file);
  } catch (const std::exception& error) {
    base::log::error("the process outside: {}", error.what());
    status = EXIT_FAILURE;
  }
  if (task.api_socket) task.api_socket->remove();
  return status;
}

}  // namespace

Outside Outside::start(const OutsideTask& task) {
  auto [ours, theirs] = os::make_seqpacket_pair();
  const base::Fd held_file = task.api_socket ? task.api_socket->hold() : base::Fd();
  os::Child child = os::Child::start([&, &our_end = ours, &channel = theirs] {
    our_end.close();
    return run_outside(task, channel, held_file);
  });
  return Outside(std::move(child), std::move(ours));
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
