package embedded_test

import (
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sallyport/storage/embedded"
)

func TestKilledPostmasterComesBackWithEveryCommittedRow(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := start(t, embedded.Options{Dir: dir})
	must(t, exec(t, s.URL("sallyport_owner"), `CREATE TABLE kept AS SELECT generate_series(1, 500) AS n`))
	for range 2 {
		old := pid(t, dir)
		must(t, syscall.Kill(old, syscall.SIGKILL))
		eventually(t, func() error {
			n, err := ask[int](t, s.URL("sallyport_owner"), `SELECT count(*) FROM kept`)
			if err == nil && (n != 500 || pid(t, dir) == old) {
				err = fmt.Errorf("%d rows in process %d", n, pid(t, dir))
			}
			return err
		})
	}
	if err := s.Err(); err != nil {
		t.Errorf("the server is called lost: %v", err)
	}
}

func TestServerThatCannotComeBackIsCalledLost(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := start(t, embedded.Options{Dir: dir, Volatile: true})
	old := pid(t, dir)
	must(t, os.Rename(dir+"/pgdata", dir+"/elsewhere"))
	must(t, syscall.Kill(old, syscall.SIGKILL))
	select {
	case <-s.Done():
	case <-limited(t).Done():
		t.Fatal("nobody is told")
	}
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), "pgdata") {
		t.Errorf("the reason does not hold the server's last words: %v", err)
	}
}

func TestKilledParentBlocksNothingAndLosesNothing(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	parent := helper(t, dir)
	s, err := embedded.Attach(limited(t), embedded.Options{Dir: dir})
	must(t, err)
	must(t, exec(t, s.URL("sallyport_owner"), `CREATE TABLE kept AS SELECT 42 AS n`))
	kill(parent)
	wants(t, start(t, embedded.Options{Dir: dir}).URL("sallyport_owner"), `SELECT n FROM kept`, 42)
}

func TestParentKilledWhileMakingTheClusterStartsAfresh(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	parent, _ := launch(t, dir)
	eventually(t, func() error {
		if begun, _ := filepath.Glob(dir + "/pgdata.new-*/base"); len(begun) == 0 {
			return fmt.Errorf("initdb has not begun")
		}
		return nil
	})
	kill(parent)
	wants(t, start(t, embedded.Options{Dir: dir, Volatile: true}).URL("sallyport"), `SELECT 1`, 1)
}

func TestOrphanIsStoppedFirst(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := start(t, embedded.Options{Dir: dir})
	must(t, exec(t, s.URL("sallyport_owner"), `CREATE TABLE kept AS SELECT 42 AS n`))
	stop(t, s)
	orphan := orphaned(t, dir)
	again := start(t, embedded.Options{Dir: dir})
	wants(t, again.URL("sallyport_owner"), `SELECT n FROM kept`, 42)
	select {
	case <-orphan:
	case <-limited(t).Done():
		t.Error("the orphan still runs")
	}
}

func TestStrangerWithTheOldProcessIdIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := start(t, embedded.Options{Dir: dir, Volatile: true})
	text, err := os.ReadFile(dir + "/pgdata/postmaster.pid")
	must(t, err)
	stop(t, s)
	stranger := osexec.Command("sleep", "600")
	must(t, stranger.Start())
	ended := make(chan error, 1)
	go func() { ended <- stranger.Wait() }()
	t.Cleanup(func() { stranger.Process.Kill() })

	_, rest, _ := strings.Cut(string(text), "\n")
	leave(t, dir, fmt.Sprintf("%d\n%s", stranger.Process.Pid, rest))
	wants(t, start(t, embedded.Options{Dir: dir, Volatile: true}).URL("sallyport"), `SELECT 1`, 1)
	select {
	case err := <-ended:
		t.Errorf("the stranger was ended: %v", err)
	default:
	}
}

func TestLockFileOfADeadProcessBlocksNothing(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := start(t, embedded.Options{Dir: dir, Volatile: true})
	text, err := os.ReadFile(dir + "/pgdata/postmaster.pid")
	must(t, err)
	stop(t, s)
	leave(t, dir, string(text))
	wants(t, start(t, embedded.Options{Dir: dir, Volatile: true}).URL("sallyport"), `SELECT 1`, 1)
}

func TestFailedStartShowsTheServersLastWords(t *testing.T) {
	t.Parallel()
	o := embedded.Options{Dir: dataDir(t), Volatile: true}
	stop(t, start(t, o))
	must(t, os.Remove(o.Dir+"/pgdata/global/pg_control"))
	began := limited(t)
	_, err := embedded.Start(began, o)
	if err == nil || !strings.Contains(err.Error(), "pg_control") || began.Err() != nil {
		t.Errorf("got %v", err)
	}
}
