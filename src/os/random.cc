// SPDX-License-Identifier: Apache-2.0
#include "os/random.hh"

#include <sys/random.h>

#include <cerrno>

#include "base/error.hh"

namespace nsrun::os {

void fill_with_random(base::MutableBytes bytes) {
  while (!bytes.empty()) {
    const ssize_t count = getrandom(bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    base::check("get random bytes", count);
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
}

}  // namespace nsrun::os
