// SPDX-License-Identifier: Apache-2.0
//
// Addresses of Unix sockets (unix(7)), for bind(2), connect(2) and sendto(2).
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <optional>
#include <string_view>

namespace nsrun::base {

class UnixAddress {
 public:
  // Bytes of a path, without the null byte behind it.
  static constexpr size_t kMaxPathBytes = sizeof(sockaddr_un{}.sun_path) - 1;

  // A place in the file system; nullopt if `path` is empty or too long.
  static std::optional<UnixAddress> of_path(std::string_view path) noexcept;

  // An abstract name, without the null byte in front; nullopt if it is empty or too long.
  static std::optional<UnixAddress> of_abstract(std::string_view name) noexcept;

  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&address_); }
  socklen_t length() const noexcept { return length_; }

 private:
  UnixAddress(size_t offset, std::string_view text) noexcept;

  sockaddr_un address_{};
  socklen_t length_ = sizeof(sockaddr_un);
};

}  // namespace nsrun::base
