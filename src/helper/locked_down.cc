// SPDX-License-Identifier: Apache-2.0
#include "helper/locked_down.hh"

#include <cerrno>
#include <cstddef>

#include "base/error.hh"
#include "os/fd_passing.hh"

namespace nsrun::helper {

void say_locked_down(base::FdView channel) {
  constexpr std::byte kAnything[] = {std::byte{1}};  // an empty message would be the end
  try {
    os::send_message(channel, kAnything);
  } catch (const base::SystemError& error) {
    if (error.error_number() != EPIPE) throw;  // the helper has ended, as the next wait finds out
  }
}

bool wait_for_lock_down(base::FdView channel) { return os::receive_message(channel).has_value(); }

}  // namespace nsrun::helper
