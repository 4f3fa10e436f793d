package embedded

import "syscall"

// tieToParent has the kernel shut the child down when we are killed with -9.
func tieToParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }
