// SPDX-License-Identifier: Apache-2.0
#include "base/unix_address.hh"

#include <cstring>

namespace nsrun::base {

UnixAddress::UnixAddress(size_t offset, std::string_view text) noexcept {
  address_.sun_family = AF_UNIX;
  std::memcpy(address_.sun_path + offset, text.data(), text.size());
}

std::optional<UnixAddress> UnixAddress::of_path(std::string_view path) noexcept {
  if (path.empty() || path.size() > kMaxPathBytes) return std::nullopt;
  return UnixAddress(0, path);
}

std::optional<UnixAddress> UnixAddress::of_abstract(std::string_view name) noexcept {
  if (name.empty() || name.size() > kMaxPathBytes) return std::nullopt;
  UnixAddress made(1, name);
  // Every byte up to the length belongs to the name, null bytes too.
  made.length_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return made;
}

}  // namespace nsrun::base
