// SPDX-License-Identifier: Apache-2.0
//
// Values as people read them in a table. Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace nsrun::ctl {

// "59s", "3m", "2h", "4d"; never negative.
std::string format_age(int64_t seconds);
// "999", "9.8K", "34M": powers of 1024, at most four characters below 10^15.
std::string format_bytes(uint64_t bytes);
// "0.03ms", "12.5ms", "1250ms".
std::string format_microseconds(int64_t microseconds);

// The members `address` and `port` of an answer's entry: "10.0.2.100:80", "[fd00::100]:80".
std::string endpoint_text(const nlohmann::json& entry, const char* address, const char* port);

// JSON for people and programs.
std::string to_lines(const nlohmann::json& value);

// Without control characters: an escape sequence in a command's words must not reach the terminal.
std::string printable(std::string text);

}  // namespace nsrun::ctl
