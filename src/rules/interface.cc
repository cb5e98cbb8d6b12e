// SPDX-License-Identifier: Apache-2.0
#include "rules/interface.hh"

#include <linux/if.h>

#include <algorithm>

namespace nsrun::rules {

bool is_interface_name(std::string_view text) noexcept {
  if (text.empty() || text.size() >= IFNAMSIZ || text == "." || text == "..") return false;
  if (text == "all" || text == "default") return false;  // taken by net.ipv4.conf
  return std::ranges::all_of(text, [](char letter) {
    return letter > ' ' && letter < 127 && letter != '/' && letter != ':' && letter != '%';
  });
}

}  // namespace nsrun::rules
