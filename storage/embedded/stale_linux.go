package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// runsIn says whether the process is a postgres at work in dir. A zombie has
// neither program nor directory and so does not run anywhere.
func runsIn(pid int, dir string) bool {
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil || !sameFile(fmt.Sprintf("/proc/%d/cwd", pid), dir) {
		return false
	}
	// After a package update the program is still ours, though its file is gone.
	return filepath.Base(strings.TrimSuffix(exe, " (deleted)")) == "postgres"
}
