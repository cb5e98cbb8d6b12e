// SPDX-License-Identifier: Apache-2.0
#include "sandbox/empty_root.hh"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.hh"
#include "os/mount.hh"

namespace nsrun::sandbox {
namespace {

// A directory that exists wherever we run; what it shows has been read.
constexpr const char* kMountPoint = "/proc";
constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

void make_directory(const char* name) {
  base::check("make a directory in the empty root", mkdir(name, 0555));
}

}  // namespace

void enter_empty_root() {
  os::stop_mounts_from_leaving();
  os::mount_file_system({"tmpfs", kMountPoint, kFlags, "mode=0555,size=16k,nr_inodes=4"});
  base::check("enter the empty root", chdir(kMountPoint));
  make_directory("etc");
  make_directory("run");
  // pivot_root(2): the old root comes to lie over the new one, from where it is unmounted.
  base::check("make the empty root the root", syscall(SYS_pivot_root, ".", "."));
  base::check("leave the host's root", umount2(".", MNT_DETACH));
  base::check("enter the empty root", chdir("/"));
  base::check("make the empty root read-only",
              mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | kFlags, nullptr));
}

}  // namespace nsrun::sandbox
