//go:build !linux

package embedded

import "syscall"

// tieToParent has no means here; the next start stops the orphan.
func tieToParent(*syscall.SysProcAttr) {}
