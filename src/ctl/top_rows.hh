// SPDX-License-Identifier: Apache-2.0
//
// The table of "netns-ctl top" from two looks at the same things: what has changed in between, per
// second. Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace nsrun::ctl {

// Of instances, each {"info": .., "stats": ..} as they answer; in the order of `after`.
nlohmann::json instance_rows(const nlohmann::json& before, const nlohmann::json& after,
                             double seconds, int64_t now);
// Of what connections_of() gives; the busiest first.
nlohmann::json connection_rows(const nlohmann::json& before, const nlohmann::json& after,
                               double seconds);

std::string format_instance_rows(const nlohmann::json& rows);
std::string format_connection_rows(const nlohmann::json& rows);

// As many lines as there is room for, each cut to the width.
std::string fitted(std::string_view text, size_t rows, size_t columns);

}  // namespace nsrun::ctl
