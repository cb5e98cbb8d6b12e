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

namespace nsrun::ctl {

class NoSuchInstance final : public base::Failure {
 public:
  using base::Failure::Failure;
};

// The names of control sockets of the user `uid` in the text of /proc/net/unix (proc_pid_net(5)),
// sorted, each once.
std::vector<std::string> names_in(std::string_view proc_net_unix, unsigned uid);
// Those of this user, in this network namespace.
std::vector<std::string> running_instances();

// What stands under "return" in the instance's answer. Throws NoSuchInstance, which names those
// that exist; base::Failure with the instance's own reason when it refuses; SystemError.
nlohmann::json ask(const std::string& instance, const nlohmann::json& request);

}  // namespace nsrun::ctl
