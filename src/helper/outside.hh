// SPDX-License-Identifier: Apache-2.0
//
// The process outside: a child of the helper that keeps the host's file system, which the helper
// gives up, and never sees a byte of the guest. It follows resolv.conf and the path of the target's
// network namespace, tells what changes (outside_news.hh), connects to the Unix sockets of
// --host-port (dataplane/outside_words.hh), and removes the sockets that the helper has made when
// that has ended, however it ended. It ends with the helper.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fd.hh"
#include "control/socket_file.hh"
#include "helper/outside_news.hh"
#include "helper/resolv_conf_file.hh"
#include "os/process.hh"
#include "sandbox/lock_down.hh"

namespace nsrun::helper {

struct OutsideTask {
  std::optional<ResolvConfFile> resolv_conf = {};      // changes count from when this was made
  std::string target_path = {};                        // of a network namespace; "": none to follow
  std::vector<control::SocketFile> socket_files = {};  // to be removed at the end
  std::vector<std::string> host_sockets = {};          // that it may connect to
  sandbox::Missing missing = sandbox::Missing::kIsAnError;
};

class Outside {
 public:
  // Before lock-down, with the signals that end the helper blocked: it has to outlive the helper by
  // a moment. Throws SystemError.
  static Outside start(const OutsideTask& task);
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;
  // Waits, for a moment at most, until it has cleaned up.
  ~Outside();

  // Before the first receive(): until nothing is left to it but what it needs. Throws SystemError.
  void wait_for_lock_down();

  // Readable with news, and when the process has ended.
  base::FdView fd() const noexcept { return channel_; }
  // nullopt: it has ended. Call when fd() is readable. Throws SystemError.
  std::optional<OutsideNews> receive();
  // The helper's end of the channel for the data plane's requests; empty without host sockets.
  base::Fd take_requests() noexcept { return std::move(requests_); }

 private:
  Outside(os::Child child, base::Fd channel, base::Fd requests)
      : child_(std::move(child)), channel_(std::move(channel)), requests_(std::move(requests)) {}

  os::Child child_;
  base::Fd channel_;
  base::Fd requests_;
};

}  // namespace nsrun::helper
