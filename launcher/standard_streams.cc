// SPDX-License-Identifier: Apache-2.0
#include "launcher/standard_streams.hh"

#include <fcntl.h>

#include "base/error.hh"
#include "base/fd.hh"

namespace nsrun::launcher {

void occupy_closed_standard_streams() {
  // open(2) gives the lowest free number, so this ends with the first one above 2.
  for (;;) {
    base::Fd filler(base::check("open /dev/null", ::open("/dev/null", O_RDWR | O_CLOEXEC)));
    if (filler.number() > 2) return;
    // It stays for the life of the process.
    static_cast<void>(filler.release());
  }
}

}  // namespace nsrun::launcher
