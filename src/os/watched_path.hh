// SPDX-License-Identifier: Apache-2.0
//
// The path of a network namespace, whose removal is its end for us: the namespace itself cannot
// vanish, as we hold it. inotify(7) on the directory tells of it at once; where the file system
// sends no events (/proc), a look now and then does.
#pragma once

#include <optional>
#include <string>

#include "base/fd.hh"

namespace nsrun::os {

class WatchedPath {
 public:
  // A directory that cannot be watched leaves fd() empty.
  explicit WatchedPath(std::string path);

  // Readable when something happened in the directory.
  base::FdView fd() const noexcept { return events_; }
  // Also takes what fd() has. Only a path that is not there counts, not one that cannot be reached.
  bool is_gone() noexcept;

 private:
  std::string path_;
  base::Fd events_;
};

}  // namespace nsrun::os
