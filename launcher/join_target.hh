// SPDX-License-Identifier: Apache-2.0
//
// The network namespace of --netns, which somebody else has made: found, looked at, and entered by
// children of netns-run, never by itself. Holding it keeps it: that its owner has done with it
// shows only by what named it (has_ended()).
#pragma once

#include <optional>
#include <string>

#include "base/fd.hh"
#include "os/watched_path.hh"

namespace nsrun::launcher {

// What a word of --netns means.
struct NamedNamespace {
  std::string path;
  std::optional<pid_t> process;  // whose namespace it is; with it /proc/PID/ns/net is the path
};
// A number is a process, a word with a slash a path, any other a name below /run/netns.
NamedNamespace parse_namespace(const std::string& word);

class JoinTarget {
 public:
  // Throws base::Failure that says what `word` names instead, or who may enter it.
  static JoinTarget find(const std::string& word);

  // Moves the calling process there, and into the user namespace that owns it, whose capabilities
  // it then has where they are its own to have. Throws base::Failure.
  void enter() const;

  // Readable when has_ended() may have changed; not open where nothing tells.
  base::FdView fd() const noexcept;
  // The process has ended, or the path is gone: ask now and then.
  bool has_ended() noexcept;

 private:
  JoinTarget() = default;

  std::string word_;
  base::Fd process_;  // pidfd
  std::optional<os::WatchedPath> path_;
  base::Fd user_;
  base::Fd network_;
};

}  // namespace nsrun::launcher
