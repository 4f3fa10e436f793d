package embedded_test

import (
	"context"
	"errors"
	"testing"

	"sallyport/storage/embedded"
)

func TestSecondStartIsRefusedWhileAttachJoins(t *testing.T) {
	t.Parallel()
	s, dir := shared(t)
	o := embedded.Options{Dir: dir, Volatile: true}
	if _, err := embedded.Start(limited(t), o); !errors.Is(err, embedded.ErrInUse) {
		t.Errorf("second start: %v, want ErrInUse", err)
	}
	joined, err := embedded.Attach(limited(t), o)
	must(t, err)
	wants(t, joined.URL("sallyport"), `SELECT 1`, 1)
	stop(t, joined)
	wants(t, s.URL("sallyport"), `SELECT 1`, 1)
}

func TestAttachStartsAServerOfItsOwnWhenNoneRuns(t *testing.T) {
	t.Parallel()
	o := embedded.Options{Dir: dataDir(t), Volatile: true}
	s, err := embedded.Attach(limited(t), o)
	must(t, err)
	wants(t, s.URL("sallyport"), `SELECT 1`, 1)
	stop(t, s)
	if err := exec(t, s.URL("sallyport"), `SELECT 1`); err == nil {
		t.Error("the server outlived Stop")
	}
}

func TestAttachWaitsForASallyportThatIsJustStarting(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	helperStarting, _ := launch(t, dir)
	eventually(t, func() error {
		_, err := embedded.PIDOf(dir + "/pgdata")
		return err
	})
	s, err := embedded.Attach(limited(t), embedded.Options{Dir: dir})
	must(t, err)
	wants(t, s.URL("sallyport"), `SELECT 1`, 1)
	stop(t, s)
	if helperStarting.ProcessState != nil {
		t.Error("the other sallyport ended")
	}
}

func TestAttachGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	_, dir := shared(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := embedded.Attach(ctx, embedded.Options{Dir: dir}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestStopCutShortLosesNothing(t *testing.T) {
	t.Parallel()
	o := embedded.Options{Dir: dataDir(t)}
	s, err := embedded.Start(limited(t), o)
	must(t, err)
	must(t, exec(t, s.URL("sallyport_owner"), `CREATE TABLE kept AS SELECT 42 AS n`))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Stop(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a shutdown cut short says %v", err)
	}
	wants(t, start(t, o).URL("sallyport_owner"), `SELECT n FROM kept`, 42)
}
