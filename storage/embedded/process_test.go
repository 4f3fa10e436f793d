package embedded_test

import (
	"bufio"
	"fmt"
	"os"
	osexec "os/exec"
	"strings"
	"syscall"
	"testing"

	"sallyport/storage/embedded"
)

// launch runs this test binary as a sallyport of its own.
func launch(t *testing.T, dir string) (*osexec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := osexec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperDir+"="+dir)
	_, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { kill(cmd) })
	return cmd, bufio.NewReader(out)
}

func helper(t *testing.T, dir string) *osexec.Cmd {
	t.Helper()
	cmd, out := launch(t, dir)
	if line, err := out.ReadString('\n'); line != "up\n" {
		t.Fatalf("helper says %q (%v)", line, err)
	}
	return cmd
}

func kill(cmd *osexec.Cmd) {
	cmd.Process.Kill()
	cmd.Wait()
}

// orphaned runs a server as one whose parent died would, on a system that does
// not tell children; the channel closes at its end.
func orphaned(t *testing.T, dir string) <-chan struct{} {
	t.Helper()
	bin, err := embedded.Find()
	must(t, err)
	cmd := osexec.Command(bin+"/postgres", "-D", dir+"/pgdata", "-k", dir+"/pgdata", "-c", "listen_addresses=")
	cmd.Dir = dir
	cmd.SysProcAttr = as(t, dir+"/pgdata")
	must(t, cmd.Start())
	ended := make(chan struct{})
	go func() { defer close(ended); cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	eventually(t, func() error {
		text, _ := os.ReadFile(dir + "/pgdata/postmaster.pid")
		if !strings.Contains(string(text), "ready") {
			return fmt.Errorf("the orphan is not up")
		}
		return nil
	})
	return ended
}

// leave puts the lock file of an earlier server into place.
func leave(t *testing.T, dir, text string) {
	t.Helper()
	file := dir + "/pgdata/postmaster.pid"
	must(t, os.WriteFile(file, []byte(text), 0o600))
	info, err := os.Stat(dir + "/pgdata")
	must(t, err)
	stat := info.Sys().(*syscall.Stat_t)
	must(t, os.Chown(file, int(stat.Uid), int(stat.Gid)))
}

// as is the user who owns path, for root; anybody else is that user.
func as(t *testing.T, path string) *syscall.SysProcAttr {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	attr, stat := &syscall.SysProcAttr{Setpgid: true}, info.Sys().(*syscall.Stat_t)
	if os.Geteuid() == 0 {
		attr.Credential = &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid}
	}
	return attr
}

func pid(t *testing.T, dir string) int {
	t.Helper()
	pid := 0
	eventually(t, func() (err error) {
		if pid, err = embedded.PIDOf(dir + "/pgdata"); err == nil && pid == 0 {
			err = fmt.Errorf("no process id yet")
		}
		return err
	})
	return pid
}
