// SPDX-License-Identifier: Apache-2.0
#include "launcher/etc_files.hh"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/error.hh"
#include "base/fd.hh"
#include "base/log.hh"
#include "os/mount.hh"
#include "os/text_file.hh"

namespace nsrun::launcher {
namespace {

namespace fs = std::filesystem;

// Holds the upper layer until the overlay has it. Any directory would do that surely exists; this
// one holds nothing that is needed meanwhile.
constexpr const char* kScratch = "/proc";

bool is_replaced(const std::vector<EtcFile>& files, const fs::path& path) {
  return std::ranges::any_of(
      files, [&](const EtcFile& file) { return path == fs::path("/etc") / file.name; });
}

struct Carried {
  std::string target;
  base::Fd mounts;
};

// Container engines mount single files into /etc (hostname...), which an overlay of the directory
// would not show.
std::vector<Carried> copies_of_inner_mounts(const std::vector<EtcFile>& files) {
  std::vector<Carried> carried;
  for (const std::string& point :
       os::mount_points_below("/etc", os::text_or_nothing("/proc/self/mountinfo"))) {
    if (is_replaced(files, point)) continue;
    const bool is_inside_another = std::ranges::any_of(
        carried, [&](const Carried& outer) { return point.starts_with(outer.target + "/"); });
    if (!is_inside_another) carried.push_back({point, os::copy_mounts(point)});
  }
  return carried;
}

class ScratchMount {
 public:
  ScratchMount() {
    os::mount_file_system({.type = "tmpfs",
                           .target = kScratch,
                           .flags = MS_NOSUID | MS_NODEV,
                           .options = "mode=0755"});
  }
  ScratchMount(const ScratchMount&) = delete;
  ScratchMount& operator=(const ScratchMount&) = delete;
  ~ScratchMount() {
    try {
      os::unmount(kScratch);
    } catch (const base::SystemError& error) {
      base::log::warning("{}", error.what());
    }
  }
};

void write_files(const std::vector<EtcFile>& files, const fs::path& directory) {
  for (const EtcFile& file : files) os::write_text(directory / file.name, file.text);
}

void overlay_etc(const std::vector<EtcFile>& files) {
  const ScratchMount scratch;
  const fs::path upper = fs::path(kScratch) / "upper";
  const fs::path work = fs::path(kScratch) / "work";
  fs::create_directory(upper);
  fs::create_directory(work);
  write_files(files, upper);
  // userxattr: what an unprivileged overlay needs (Linux 5.11).
  os::mount_file_system({.type = "overlay",
                         .target = "/etc",
                         .flags = MS_NOSUID | MS_NODEV,
                         .options = "lowerdir=/etc,upperdir=" + upper.string() +
                                    ",workdir=" + work.string() + ",userxattr"});
}

// Links are made anew, as a relative one would lead elsewhere from one directory further down.
void link_to_old(const fs::directory_entry& entry) {
  const fs::path link = fs::path("/etc") / entry.path().filename();
  fs::create_symlink(entry.is_symlink() ? fs::read_symlink(entry.path()) : entry.path(), link);
}

// A directory for the old /etc in the new one. The old one has a ".host" itself when netns-run runs
// in netns-run.
fs::path place_for_old() {
  fs::path place = "/etc/.host";
  while (fs::exists(place)) place += "_";
  return place;
}

// For kernels without unprivileged overlays: an /etc of links into the old one.
void fill_etc_with_links(const std::vector<EtcFile>& files) {
  const base::Fd old = os::copy_mounts("/etc");
  const fs::path place = place_for_old();
  os::mount_file_system(
      {.type = "tmpfs", .target = "/etc", .flags = MS_NOSUID | MS_NODEV, .options = "mode=0755"});
  try {
    fs::create_directory(place);
    os::attach_mounts(old, place.string());
    for (const fs::directory_entry& entry : fs::directory_iterator(place)) {
      if (!is_replaced(files, fs::path("/etc") / entry.path().filename())) link_to_old(entry);
    }
    write_files(files, "/etc");
  } catch (...) {
    os::unmount("/etc");
    throw;
  }
}

}  // namespace

void replace_etc_files(const std::vector<EtcFile>& files) {
  try {
    const std::vector<Carried> carried = copies_of_inner_mounts(files);
    overlay_etc(files);
    for (const Carried& mount : carried) os::attach_mounts(mount.mounts, mount.target);
  } catch (const base::SystemError& error) {
    base::log::debug("no overlay of /etc: {}", error.what());
    fill_etc_with_links(files);
  }
}

}  // namespace nsrun::launcher
