// SPDX-License-Identifier: Apache-2.0
//
// The host's resolv.conf(5), followed through edits, renames over it, symlink switches and
// deletion. To be looked at once in a while: inotify would have to watch every directory on a chain
// of links that changes itself, and network file systems send no events.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "dns/upstream.hh"

namespace nsrun::helper {

// The name servers that the file says now. A file without any, none at all, and one that cannot be
// read mean 127.0.0.1, as resolv.conf(5) says.
std::vector<dns::Upstream> read_name_servers(const std::string& path);

class ResolvConfFile {
 public:
  explicit ResolvConfFile(std::string path) : path_(std::move(path)), last_(identify()) {}

  // Its servers now.
  std::vector<dns::Upstream> read() const { return read_name_servers(path_); }
  // Its servers, if it has become another file since the last look, or since this object
  // was made. While there is none the last
  // servers stay.
  std::optional<std::vector<dns::Upstream>> look();

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
  Identity last_;
};

}  // namespace nsrun::helper
