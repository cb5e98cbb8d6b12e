// SPDX-License-Identifier: Apache-2.0
//
// What each command prints. Throws as ask() does.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "ctl/options.hh"

namespace nsrun::ctl {

std::string carry_out(const Options& options);

// Answers as text, for people and for Prometheus.
std::string format_instances(const nlohmann::json& instances, int64_t now);
std::string format_ports(const nlohmann::json& entries);
std::string format_stats(const nlohmann::json& counters);
// "Prometheus text exposition format", version 0.0.4.
std::string format_prometheus(const nlohmann::json& counters, const std::string& instance);

}  // namespace nsrun::ctl
