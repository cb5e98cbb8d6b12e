// SPDX-License-Identifier: Apache-2.0
#include "sandbox/empty_root.hh"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/error.hh"
#include "base/log.hh"
#include "os/mount.hh"

namespace nsrun::sandbox {
namespace {

// A directory that exists wherever we run; what it shows has been read.
constexpr const char* kMountPoint = "/proc";
constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

void make_directory(const char* name) {
  if (mkdir(name, 0555) == 0) return;
  // A user whom the user namespace does not know owns no file in it, nor needs this one.
  if (errno != EOVERFLOW) base::throw_errno("make a directory in the empty root");
}

void move_into_mounted_root() {
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

void mount_empty_root() {
  os::stop_mounts_from_leaving();
  os::mount_file_system({"tmpfs", kMountPoint, kFlags, "mode=0555,size=16k,nr_inodes=4"});
  try {
    move_into_mounted_root();
  } catch (const base::SystemError&) {
    // Hosts that live in their initramfs have no pivot_root(2). The other way needs this /proc.
    umount2(kMountPoint, MNT_DETACH);
    throw;
  }
}

int enter_own_directory_of_proc() noexcept {
  return chroot("/proc/self/fdinfo") == 0 && chdir("/") == 0 ? 0 : errno;
}

// The child has the same root directory, not a copy (CLONE_FS): it moves both into the directory
// that stands for itself, and by its end empties that for ever. No capability that could leave a
// chroot outlives the next stage.
void enter_directory_of_the_dead() {
  const pid_t child = static_cast<pid_t>(
      base::check("start a process",
                  syscall(SYS_clone, CLONE_FS | SIGCHLD, nullptr, nullptr, nullptr, nullptr)));
  if (child == 0) _exit(enter_own_directory_of_proc());
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) base::throw_errno("wait for a process");
  }
  if (!WIFEXITED(status)) throw base::Failure("the process with an empty directory was killed");
  if (status != 0) base::throw_errno("chroot into an empty directory", WEXITSTATUS(status));
}

}  // namespace

void enter_empty_root(Mounts mounts) {
  if (mounts == Mounts::kOwn) {
    try {
      mount_empty_root();
      return;
    } catch (const base::SystemError& error) {
      base::log::debug("empty root by chroot: {}", error.what());
    }
  }
  enter_directory_of_the_dead();
}

}  // namespace nsrun::sandbox
