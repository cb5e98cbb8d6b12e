// SPDX-License-Identifier: Apache-2.0
#include "os/memory_file.hh"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hh"

namespace nsrun::os {

base::Fd make_memory_file(const char* name, base::Bytes bytes) {
  base::Fd file(base::check("create a file in memory", ::memfd_create(name, MFD_CLOEXEC)));
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    base::check("write a file in memory", written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return file;
}

std::vector<std::byte> read_memory_file(base::FdView file) {
  struct stat status {};
  base::check("look at a file in memory", ::fstat(file.number(), &status));
  std::vector<std::byte> bytes(static_cast<size_t>(status.st_size));
  for (size_t position = 0; position < bytes.size();) {
    const ssize_t count = ::pread(file.number(), bytes.data() + position, bytes.size() - position,
                                  static_cast<off_t>(position));
    if (count < 0 && errno == EINTR) continue;
    base::check("read a file in memory", count);
    if (count == 0) base::throw_errno("read a whole file in memory", EIO);
    position += static_cast<size_t>(count);
  }
  return bytes;
}

}  // namespace nsrun::os
