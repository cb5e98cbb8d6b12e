// SPDX-License-Identifier: Apache-2.0
#include "os/tap.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/error.hh"

namespace nsrun::os {
namespace {

constexpr const char* kTunDevice = "/dev/net/tun";
constexpr int kVirtioNetHeaderBytes = 10;

// What root has to do so that the device can be opened.
std::string mend_for(int error_number) {
  switch (error_number) {
    case ENOENT:
      return "the device is missing; \"modprobe tun\" by root makes it, in a container the option "
             "\"--device /dev/net/tun\"";
    case ENODEV:
    case ENXIO:
      return "the kernel has no tun driver; \"modprobe tun\" by root loads it";
    case EACCES: {
      struct stat status {};
      if (::stat(kTunDevice, &status) < 0) return "a directory above it cannot be entered";
      return fmt::format(
          "the device is mode {:04o}; a udev rule or \"chmod 0666 /dev/net/tun\" by root fixes it",
          status.st_mode & 07777U);
    }
    case EPERM:
      return "the device rules of a container or of systemd forbid it; allow character device "
             "10:200, for containers with the option \"--device /dev/net/tun\"";
    default:
      return "";
  }
}

[[noreturn]] void throw_unopenable(int error_number) {
  const std::string mend = mend_for(error_number);
  if (mend.empty()) base::throw_errno("open /dev/net/tun", error_number);
  throw base::Failure(
      fmt::format("cannot open {}: {} ({})", kTunDevice, base::error_text(error_number), mend));
}

base::Fd open_tun_device() {
  base::Fd fd(::open(kTunDevice, O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd.is_open()) throw_unopenable(errno);
  return fd;
}

ifreq interface_request(const std::string& name, int flags) {
  ifreq request{};
  if (name.empty() || name.size() >= sizeof request.ifr_name) {
    throw base::Failure(
        fmt::format("\"{}\" is not an interface name: expected 1-15 characters", name));
  }
  std::memcpy(request.ifr_name, name.data(), name.size());
  request.ifr_flags = static_cast<short>(flags);
  return request;
}

bool attach(base::FdView fd, const std::string& name, int flags) {
  ifreq request = interface_request(name, flags);
  return ::ioctl(fd.number(), TUNSETIFF, &request) == 0;
}

constexpr unsigned kTsoFlags = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
// TUN_F_USO4 | TUN_F_USO6 of linux/if_tun.h since 6.2; they come only together.
constexpr unsigned kUsoFlags = 0x20 | 0x40;

// With the header the kernel may leave checksums and segmentation to us; without it never.
TapFeatures negotiate_features(base::FdView fd, bool has_virtio_net_header) {
  TapFeatures features{.has_virtio_net_header = has_virtio_net_header};
  if (!has_virtio_net_header) return features;
  int header_bytes = kVirtioNetHeaderBytes;
  base::check("set the TAP's header size", ::ioctl(fd.number(), TUNSETVNETHDRSZ, &header_bytes));
  features.has_uso = ::ioctl(fd.number(), TUNSETOFFLOAD, kTsoFlags | kUsoFlags) == 0;
  features.has_tso = features.has_uso || ::ioctl(fd.number(), TUNSETOFFLOAD, kTsoFlags) == 0;
  return features;
}

}  // namespace

Tap open_tap(const std::string& name) {
  Tap tap{open_tun_device(), {}};
  constexpr int kFlags = IFF_TAP | IFF_NO_PI;
  bool has_header = attach(tap.fd, name, kFlags | IFF_VNET_HDR);
  if (!has_header) {
    const int reason = errno;
    // Only EINVAL says that the header is the trouble.
    if (reason != EINVAL) base::throw_errno(fmt::format("create the TAP device {}", name), reason);
    if (!attach(tap.fd, name, kFlags)) {
      base::throw_errno(fmt::format("create the TAP device {}", name));
    }
  }
  tap.features = negotiate_features(tap.fd, has_header);
  return tap;
}

void leave_device_to_its_namespace(base::FdView tap) noexcept {
  ::ioctl(tap.number(), TUNSETPERSIST, 1);
}

std::optional<wire::MacAddress> device_mac(base::FdView tap) noexcept {
  ifreq request{};
  if (::ioctl(tap.number(), SIOCGIFHWADDR, &request) < 0) return std::nullopt;
  wire::MacAddress mac;
  std::memcpy(mac.octets.data(), request.ifr_hwaddr.sa_data, mac.octets.size());
  return mac;
}

Tap adopt_tap(base::Fd fd) {
  ifreq request{};
  base::check("look at the passed TAP descriptor", ::ioctl(fd.number(), TUNGETIFF, &request));
  const int flags = static_cast<unsigned short>(request.ifr_flags);
  if ((flags & IFF_TAP) == 0 || (flags & IFF_NO_PI) == 0) {
    base::throw_errno("use the passed descriptor as a TAP without packet information", EINVAL);
  }
  const int status = base::check("look at the TAP's flags", ::fcntl(fd.number(), F_GETFL));
  base::check("make the TAP non-blocking", ::fcntl(fd.number(), F_SETFL, status | O_NONBLOCK));
  base::check("make the TAP close-on-exec", ::fcntl(fd.number(), F_SETFD, FD_CLOEXEC));
  const TapFeatures features = negotiate_features(fd, (flags & IFF_VNET_HDR) != 0);
  return Tap{std::move(fd), features};
}

base::Fd network_of(base::FdView tap) noexcept {
  return base::Fd(::ioctl(tap.number(), TUNGETDEVNETNS));
}

base::Fd owner_of_network(base::FdView tap) noexcept {
  const base::Fd network = network_of(tap);
  return base::Fd(network.is_open() ? ::ioctl(network.number(), NS_GET_USERNS) : -1);
}

}  // namespace nsrun::os
