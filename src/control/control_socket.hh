// SPDX-License-Identifier: Apache-2.0
//
// The control socket of an instance of netns-run (nsrun/instance.hh), listening. Make it in the
// host's network namespace. Nothing has to be removed: the name goes with the last descriptor.
#pragma once

#include <string>
#include <string_view>

#include "base/fd.hh"

namespace nsrun::control {

class ControlSocket {
 public:
  // Throws base::Failure when the name is taken, SystemError otherwise.
  explicit ControlSocket(std::string_view instance_name);
  // Nobody chose the name: "run-PID", or "run-PID-2" and so on where that is taken (by a process of
  // another PID namespace).
  static ControlSocket with_free_name(pid_t launcher);

  base::FdView fd() const noexcept { return socket_; }  // non-blocking, close-on-exec
  const std::string& instance_name() const noexcept { return instance_name_; }

 private:
  ControlSocket(base::Fd socket, std::string instance_name)
      : socket_(std::move(socket)), instance_name_(std::move(instance_name)) {}

  base::Fd socket_;
  std::string instance_name_;
};

}  // namespace nsrun::control
