// SPDX-License-Identifier: Apache-2.0
#include "launcher/entry_terms.hh"

namespace nsrun::launcher {
namespace {

// Grows when the encoding or the descriptors beside it change.
constexpr uint32_t kVersion = 1;
constexpr size_t kBytes = 5 * 4 + 1;

enum Flag : uint8_t { kHasMaps = 1, kNoNewPrivileges = 2, kAllowsVsock = 4 };

}  // namespace

std::string encode(const EntryTerms& terms) {
  const Rights& rights = terms.rights;
  std::array<std::byte, kBytes> space;
  base::ByteWriter writer(space);
  writer.write_be32(kVersion);
  writer.write_be32(terms.inside.uid);
  writer.write_be32(terms.inside.gid);
  writer.write_be32(static_cast<uint32_t>(rights.capabilities >> 32));
  writer.write_be32(static_cast<uint32_t>(rights.capabilities));
  writer.write_u8(static_cast<uint8_t>((rights.has_maps ? kHasMaps : 0) |
                                       (rights.no_new_privileges ? kNoNewPrivileges : 0) |
                                       (rights.allow_vsock ? kAllowsVsock : 0)));
  NSRUN_CHECK(writer.ok() && writer.written().size() == kBytes);
  return {reinterpret_cast<const char*>(space.data()), space.size()};
}

base::Result<EntryTerms> decode_entry_terms(base::Bytes bytes) {
  base::ByteReader reader(bytes);
  EntryTerms terms;
  const bool is_known = reader.read_be32() == kVersion;
  terms.inside = {.uid = reader.read_be32(), .gid = reader.read_be32()};
  terms.rights.capabilities = sandbox::CapabilitySet{reader.read_be32()} << 32;
  terms.rights.capabilities |= reader.read_be32();
  const uint8_t flags = reader.read_u8();
  terms.rights.has_maps = (flags & kHasMaps) != 0;
  terms.rights.no_new_privileges = (flags & kNoNewPrivileges) != 0;
  terms.rights.allow_vsock = (flags & kAllowsVsock) != 0;
  if (is_known && reader.ok() && reader.rest().empty()) return terms;
  return base::Error{"it was started by another version of netns-run"};
}

}  // namespace nsrun::launcher
