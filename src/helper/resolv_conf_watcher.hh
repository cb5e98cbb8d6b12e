// SPDX-License-Identifier: Apache-2.0
//
// Follows the host's resolv.conf(5) through edits, renames over it, symlink switches and deletion.
// It looks at the file once a second: inotify would have to watch every directory on a chain of
// links that changes itself, and network file systems send no events.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>
#include <vector>

#include "control/main_context.hh"
#include "wire/address.hh"

namespace nsrun::helper {

// The name servers that the file says now. A file without any, none at all, and one that cannot be
// read mean 127.0.0.1, as resolv.conf(5) says.
std::vector<wire::IpAddress> read_name_servers(const std::string& path);

class ResolvConfWatcher {
 public:
  using OnChange = std::function<void(std::vector<wire::IpAddress>)>;

  // `on_change` gets the servers whenever the file has become another one. While there is no file
  // the last servers stay.
  ResolvConfWatcher(control::MainContext& context, std::string path, OnChange on_change);

  // What the timer does.
  void look();

 private:
  struct Identity {  // of the file that the path leads to
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    int64_t changed_nanoseconds = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  Identity identify() const;

  std::string path_;
  OnChange on_change_;
  Identity last_;
  control::TimerSource timer_;
};

}  // namespace nsrun::helper
