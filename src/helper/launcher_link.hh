// SPDX-License-Identifier: Apache-2.0
//
// The helper's side of the handshake with netns-run (nsrun/handshake.hh). Owns the socket, whose
// hang-up says that the launcher has ended.
#pragma once

#include <optional>
#include <string_view>

#include "base/fd.hh"
#include "nsrun/handshake.hh"
#include "os/tap.hh"

namespace nsrun::helper {

class LauncherLink {
 public:
  explicit LauncherLink(base::Fd socket) noexcept : socket_(std::move(socket)) {}

  // Waits for the Hello with the TAP. Throws base::Failure or SystemError.
  os::Tap receive_tap();
  // The forwards of the dead helper that this one follows. Known after receive_tap().
  const std::optional<KnownForwards>& inherited() const noexcept { return inherited_; }
  // Of those at the start (helper/launcher_reports.hh: later ones).
  void report(const ForwardChange& change) noexcept;
  // Throws SystemError.
  void say_ready();
  // The launcher may have ended: then nobody needs to be told.
  void say_failed(std::string_view reason) noexcept;

  base::FdView fd() const noexcept { return socket_; }

 private:
  base::Fd socket_;
  std::optional<KnownForwards> inherited_;
};

}  // namespace nsrun::helper
