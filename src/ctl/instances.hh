// SPDX-License-Identifier: Apache-2.0
//
// The user's running instances, and questions to them over their control sockets. A socket that
// another user listens on under one of our names is passed over: abstract names have no owner.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hh"
#include "base/fd.hh"

namespace nsrun::ctl {

class NoSuchInstance final : public base::Failure {
 public:
  using base::Failure::Failure;
};

// It ended before it answered, or does not answer: stopped, or in trouble.
class NoAnswer final : public base::Failure {
 public:
  NoAnswer(const std::string& instance, int error_number);
  bool has_ended() const noexcept { return has_ended_; }

 private:
  bool has_ended_;
};

// The names of control sockets of the user `uid` in the text of /proc/net/unix (proc_pid_net(5)),
// sorted, each once.
std::vector<std::string> names_in(std::string_view proc_net_unix, unsigned uid);
// Those of this user, in this network namespace.
std::vector<std::string> running_instances();

// What stands under "return" in the instance's answer. Throws NoSuchInstance, which names those
// that exist; NoAnswer; base::Failure with the instance's own reason when it refuses; SystemError.
nlohmann::json ask(const std::string& instance, const nlohmann::json& request);

// For what ask() cannot do: requests after whose answer more follows. The second leaves the socket
// at what follows. Both throw like ask().
base::Fd connect_to(const std::string& instance);
void ask_for_stream(base::FdView socket, const std::string& instance,
                    const nlohmann::json& request);

// No wait for an answer at this socket is longer than 10 s (the instance may be stopped), none to
// connect or to send longer than 1 s.
void limit_waits(base::FdView socket);

// The processes of an instance, by descriptors that cannot come to mean another process.
struct Processes {
  base::Fd launcher;  // pidfd of netns-run
  base::Fd helper;    // pidfd of the process that serves the control socket
  pid_t launcher_pid = 0;
};
// As the kernel has them: the helper from the socket, netns-run as its parent. The instance must
// name the same one. Throws like ask(), and base::Failure when it is about to end.
Processes processes_of(const std::string& instance);

}  // namespace nsrun::ctl
