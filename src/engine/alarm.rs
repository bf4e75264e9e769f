//! A timer for whoever mostly hears something else first: a later time is not told to the runtime, which would wake it
//! each time, before an earlier one has come.

use std::pin::Pin;

use tokio::time::{Instant, Sleep, sleep_until};

#[derive(Default)]
pub struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Returns at a time, or never. Dropped before it leaves the alarm as it is.
    pub async fn at(&mut self, due: Option<Instant>) {
        let Some(due) = due else {
            self.0 = None;
            return std::future::pending().await;
        };
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if due < sleep.deadline() {
            sleep.as_mut().reset(due);
        }
        sleep.as_mut().await;
        while sleep.deadline() < due {
            sleep.as_mut().reset(due);
            sleep.as_mut().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_goes_off_in_time_whatever_it_was_set_to_before() {
        let (mut alarm, start) = (Alarm::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        let gave_up = async |alarm: &mut Alarm, seconds: Option<u64>| {
            timeout(Duration::from_secs(1), alarm.at(seconds.map(after))).await.is_err()
        };
        assert!(gave_up(&mut alarm, Some(10)).await);
        assert!(gave_up(&mut alarm, Some(30)).await);
        alarm.at(Some(after(20))).await;
        assert_eq!(Instant::now(), after(20), "later than the first, earlier than the second");
        alarm.at(Some(after(5))).await;
        assert_eq!(Instant::now(), after(20), "what has passed is not waited for");
        assert!(gave_up(&mut alarm, None).await);
        alarm.at(Some(after(25))).await;
        assert_eq!(Instant::now(), after(25));
    }
}
