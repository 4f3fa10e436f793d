//go:build !linux

package embedded

import (
	"os/exec"
	"strconv"
	"strings"
)

// runsIn says whether the process is a postgres started for dir, by the
// command line we gave it.
func runsIn(pid int, dir string) bool {
	out, err := exec.Command("/bin/ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	program, arguments, _ := strings.Cut(string(out), " -D ")
	return err == nil && strings.HasSuffix(program, "postgres") && strings.HasPrefix(arguments, dir+" ")
}
