// SPDX-License-Identifier: Apache-2.0
//
// Files of /etc that the guest sees otherwise than the host. Not by bind mounts onto the host's
// files: the kernel drops those when the host renames a new file over one, and a missing file or a
// dangling link cannot be mounted on. An overlay of the whole directory has neither trouble.
#pragma once

#include <string>
#include <vector>

namespace nsrun::launcher {

struct EtcFile {
  std::string name;  // below /etc
  std::string text;
};

// For the calling process's mount namespace. Throws SystemError or std::filesystem's error; /etc is
// then as before.
void replace_etc_files(const std::vector<EtcFile>& files);

}  // namespace nsrun::launcher
