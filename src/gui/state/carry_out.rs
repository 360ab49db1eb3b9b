//! Carries out what the panels have asked for. This is the only place where an intent of one panel reaches another.

use super::State;
use crate::gui::actions::Action;
use crate::gui::intents::{Intent, Intents};

impl State {
    /// Carries intents out in their order. Returns whether one of them may have changed what the window shows. A mere action
    /// changes nothing yet.
    pub fn carry_out(&mut self, intents: Intents) -> bool {
        let list = intents.into_list();
        let changes = list.iter().any(|intent| !matches!(intent, Intent::Act(_)));
        list.into_iter().for_each(|intent| self.carry_out_one(intent));
        changes
    }

    /// Lets a part of the state put intents on a list, and carries them out.
    pub(super) fn with_intents<T>(&mut self, change: impl FnOnce(&mut Self, &mut Intents) -> T) -> T {
        let mut intents = Intents::default();
        let result = change(self, &mut intents);
        self.carry_out(intents);
        result
    }

    fn carry_out_one(&mut self, intent: Intent) {
        match intent {
            Intent::Act(action) => self.act(action),
            Intent::TurnTo { page } => self.turn_to(page),
            Intent::UseList { list } => self.use_list(list),
            Intent::OpenModal { modal } => self.open(modal),
            Intent::AskForName { modal, name } => self.ask_for_name(modal, name),
            Intent::OpenProject { folder } => self.open_project(folder),
            #[cfg(feature = "shared")]
            Intent::AskForLibrary {} => self.ask_for_library(),
            #[cfg(feature = "shared")]
            Intent::OpenLibrary {} => self.open_library(),
            #[cfg(feature = "shared")]
            Intent::CloseLibrary {} => self.close_library(),
            // No panel offers a shared library.
            #[cfg(not(feature = "shared"))]
            Intent::AskForLibrary {} | Intent::OpenLibrary {} | Intent::CloseLibrary {} => {}
            Intent::OpenRemedied { folder, remedy } => self.open_remedied(folder, remedy),
            Intent::Undo {} => self.undo(),
            Intent::Redo {} => self.redo(),
            Intent::Leave {} => self.leave(),
            Intent::Learn { resume } => self.learn(resume),
            Intent::SetLook { look } => self.set_look(look),
            Intent::ShowWeights { shown } => self.show_weights(shown),
            Intent::ShowColumn { column, shown } => self.show_column(column, shown),
            Intent::PlaySelected { on } => self.play_selected(on),
            Intent::PlayOrStop {} => self.play_or_stop(),
            Intent::PlayOn {} => self.play_on(),
            Intent::PlayFrom { path, secs } => self.play_from(path, secs),
            Intent::Seek { secs } => self.seek(secs),
            Intent::ToggleLoop {} => self.toggle_loop(),
            Intent::SetVolume { volume } => self.set_volume(volume),
            Intent::SetSound { settings } => self.set_sound(settings),
            Intent::ToggleRecording {} => self.toggle_recording(),
            Intent::RenameTake { take } => self.rename_take(take),
            Intent::Add { paths } => self.add(paths),
            Intent::Find { path } => self.find(path),
            Intent::ChooseQuery { path, region } => self.choose_query(path, region),
            Intent::ChooseRegion { region } => self.choose_region(region),
            Intent::PlayOrStopQuery {} => self.play_or_stop_query(),
            Intent::LoopPart {} => self.loop_part(),
            Intent::AskToSavePart {} => self.ask_to_save_part(),
            Intent::PointAtQuery { secs } => self.point_at_query(secs),
            Intent::GoBack {} => self.go_back(),
            Intent::GoForward {} => self.go_forward(),
            Intent::ReplaceFilter { filter } => self.replace_filter(filter),
            Intent::SetWeights { weights } => self.set_weights(weights),
            Intent::LookAtMatchesAs { view } => self.look_at_matches_as(view),
            Intent::MoreMatches {} => self.more_matches(),
            Intent::AddExample { example } => self.add_example(example),
            Intent::RemoveExample { place } => self.remove_example(place),
            Intent::ForgetVerdicts {} => self.forget_verdicts(),
            Intent::DrawLineAt { threshold } => self.draw_line_at(threshold),
            Intent::AskToSaveSearch {} => self.ask_to_save_search(),
            Intent::SaveSearch {} => self.save_search(),
            Intent::RenameSearch { from } => self.rename_search(from),
            Intent::GoToMatches {} => self.go_to_matches(),
            Intent::SelectMatch { line } => self.select_match(line),
            Intent::PlayMatch { line } => self.play_match(line),
            Intent::PlayMoment { line } => self.play_moment(line),
            Intent::PlayTheOther {} => self.play_the_other(),
            Intent::FindSimilarToMatch { line } => self.find_similar_to_match(line),
            Intent::UnfoldMoments { file, unfold } => self.unfold_moments(file, unfold),
            Intent::Judge { line, yes } => self.judge(line, yes),
            Intent::ChooseEvent { place, plays } => self.choose_event(place, plays),
            Intent::JudgeEvent { place, yes } => self.judge_event(place, yes),
            Intent::ShowSample { on } => self.show_sample(on),
            Intent::WantPictures {} => self.want_pictures(),
            Intent::AskToSaveCounts {} => self.ask_to_save_counts(),
            Intent::ToggleFavourite { line } => self.toggle_favourite(line),
            Intent::ShowMatchOnMap { line } => self.show_match_on_map(line),
            Intent::ShowMatchBits { line } => self.show_match_bits(line),
            Intent::RevealMatch { line } => self.reveal_match(line),
            Intent::DragMatchOut { line } => self.drag_match_out(line),
            Intent::CopyMatchAsFile { line } => self.copy_match_as_file(line),
            Intent::AskToSaveMatch { line } => self.ask_to_save_match(line),
            Intent::AskToSaveMatches {} => self.ask_to_save_matches(),
            Intent::ClickFile { place, add, extend } => self.click_file(place, add, extend),
            Intent::FocusFile { place } => self.focus_file(place),
            Intent::ChooseFile { place } => self.choose_file(place),
            Intent::StepFile { by, extend } => self.step_file(by, extend),
            Intent::SelectPlaces { places } => self.select_places(places),
            Intent::FindSoundsLike { file } => self.find_sounds_like(file),
            Intent::DragFilesOut { file } => self.drag_files_out(file),
            Intent::ShowCopies { file } => self.show_copies(file),
            Intent::AskForTag {} => self.ask_for_tag(),
            Intent::Tag { files, tag } => self.tag(files, tag),
            Intent::Untag { files, tag } => self.untag(files, tag),
            Intent::RemoveSelectedFiles {} => self.remove_selected_files(),
            Intent::ReadChangedFiles {} => self.read_changed_files(),
            Intent::RevealSelectedFiles {} => self.reveal_selected_files(),
            Intent::AskWhereFilesAre {} => self.ask_where_files_are(),
            Intent::AskWhatIsLeftOut {} => self.ask_what_is_left_out(),
            Intent::Relink {} => self.relink(),
            Intent::ForgetMissing {} => self.forget_missing(),
            Intent::ChooseHead { head } => self.choose_head(head),
            Intent::AskForCollection { items } => self.ask_for_collection(items),
            Intent::PutIntoCollection { name, items } => self.put_into_collection(name, items),
            Intent::CloseCollection {} => self.close_collection(),
            Intent::RenameCollection { collection } => self.rename_collection(collection),
            Intent::AskToExportCollection { collection } => self.ask_to_export_collection(collection),
            Intent::ClickDot { dot } => self.click_dot(dot),
            Intent::LookAmong { line } => self.look_among(line),
            Intent::AskToThinOut { deed } => self.ask_to_thin_out(deed),
            Intent::ThinOut { deed } => self.thin_out(deed),
            Intent::AskToSaveCopiesScript {} => self.ask_to_save_copies_script(),
            Intent::Save {} => self.save(),
            Intent::BrowseToSave {} => self.browse_to_save(),
        }
    }

    pub(super) fn act(&mut self, action: Action) {
        self.actions.push(action);
    }
}
